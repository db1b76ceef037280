import { draftDefinitions, kindDefinitions } from '../kinds/registry.ts'
import { counted } from './style.ts'

const PLURALS: ReadonlyMap<string, string> = new Map([
  ...[...draftDefinitions, ...kindDefinitions].map(({ name, plural }) => [name, plural] as const),
  ['roleAssignment', 'role assignments'],
])

/** `1 TOTP factor`, `2 TOTP factors`, for the name of a kind. */
export function countedKind(count: number, kind: string): string {
  const plural = PLURALS.get(kind) ?? `${kind}s`
  return counted(count, plural.replace(/s$/, ''), plural)
}
