import { readFileSync } from 'node:fs'

/** The packages that users get: those that npm installs, and those that the build bundles. */

/** Packages bundled into the script of the HTML report. They are development dependencies. */
export const BUNDLED: readonly string[] = ['uplot']

export interface ShippedPackage {
  name: string
  version: string
  /** An SPDX expression. Undefined: the registry has none. */
  license?: string
  bundled: boolean
}

/** The parts of package-lock.json that are read. */
export interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }>
}

/** Sorted by name and version, for all platforms. */
export function shippedPackages({ packages }: Lock): ShippedPackage[] {
  const shipped = new Map<string, ShippedPackage>()
  for (const [path, { version = '', license, dev = false, link = false }] of Object.entries(packages)) {
    const name = path.split('node_modules/').at(-1) ?? ''
    const bundled = dev && BUNDLED.includes(name)
    if (path === '' || link || (dev && !bundled)) continue
    shipped.set(`${name}@${version}`, { name, version, ...(license !== undefined && { license }), bundled })
  }
  return [...shipped.values()].sort((one, other) => (key(one) < key(other) ? -1 : 1))
}

const key = ({ name, version }: ShippedPackage) => `${name}@${version}`

export function readLock(): Lock {
  return JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))
}
