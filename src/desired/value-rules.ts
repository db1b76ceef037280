import type { Manifest } from '../config/manifest.ts'
import type { ValueRules } from '../kinds/draft.ts'

/** The parts of the manifest that the value rules read. */
export function valueRules(manifest: Manifest): ValueRules {
  const { metadata, externalId, organizations, passwords, totp, roles } = manifest
  return { metadata, externalId, organizations, passwords, totp, roles }
}
