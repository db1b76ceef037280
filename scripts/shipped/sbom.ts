import { BUNDLED } from './packages.ts'

/** The parts of a CycloneDX document that are read. Other members stay as they are. */
export interface Bom {
  metadata: { component: { name: string; 'bom-ref': string } }
  components: { name: string; 'bom-ref': string; scope?: string; properties?: { name: string; value: string }[] }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

const DEVELOPMENT = 'cdx:npm:package:development'

/**
 * Turns the output of `npm sbom` for a checkout into the document of the package: without
 * development dependencies, with bundled packages, and with the name of the package, which npm
 * replaces by the name of the folder.
 */
export function bomOfPackage(bom: Bom, name: string): Bom {
  const components = bom.components.flatMap((component) => {
    const properties = component.properties ?? []
    if (!properties.some((property) => property.name === DEVELOPMENT)) return [component]
    if (!BUNDLED.includes(component.name)) return []
    return [{ ...component, scope: 'required', properties: properties.filter((one) => one.name !== DEVELOPMENT) }]
  })
  const kept = new Set([bom.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])])
  return {
    ...bom,
    metadata: { ...bom.metadata, component: { ...bom.metadata.component, name } },
    components,
    dependencies: bom.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) })),
  }
}
