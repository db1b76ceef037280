import type { ValueRules } from '../../src/kinds/draft.ts'

/** The value rules of a manifest with defaults. */
export const RULES: ValueRules = {
  metadata: {
    prefix: 'clerk',
    maxKeys: 10,
    maxKeyLength: 40,
    maxValueLength: 600,
    ascii: true,
    nonAscii: 'reject',
    nested: 'json',
    separator: '_',
    keyTooLong: 'reject',
    tooLong: 'reject',
    tooManyKeys: 'reject',
    keep: [],
  },
  externalId: { maxLength: 64 },
  organizations: {
    domainState: 'pending',
    consumerDomains: 'reject',
    sharedDomains: 'reject',
    onNameConflict: 'first',
    matchByName: false,
  },
  passwords: { unsupported: 'reset', weak: 'keep', onChange: 'keep', ssha256: 'unsupported' },
  totp: { encoding: 'auto', unsupported: 'skip' },
  roles: { define: {}, unmapped: 'error' },
}
