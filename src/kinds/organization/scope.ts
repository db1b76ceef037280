import { belongs, globOf, isInScope, type ScopeRules } from '../scope.ts'

export const organizationScope: ScopeRules = {
  selectors: [
    {
      by: 'organization',
      found: ({ organizations }) => `SELECT key AS chosen FROM (${organizations}) WHERE key GLOB ?1`,
      glob: globOf,
      names: ({ organizations }) => `SELECT key AS name FROM (${organizations})`,
      hint: 'write the key that map.organization.key yields, to the letter',
    },
  ],
  desired: isInScope('organization', 'd.key'),
  refused: ({ key }, { hasOrganization }) => (key === null ? 'unknown' : belongs(hasOrganization(key))),
}
