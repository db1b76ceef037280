import { lowerAscii } from '../../addresses.ts'
import {
  belongs,
  type ChosenOnes,
  globOf,
  isInScope,
  type RefusedItem,
  type ScopeRules,
  type SelectorRule,
} from '../scope.ts'

const NAMED_BY_ADDRESS = 'WHERE email IS NOT NULL'

const byKey: SelectorRule = {
  by: 'user',
  found: ({ users }) => `SELECT chosen FROM (${users}) WHERE key GLOB ?1`,
  glob: globOf,
  names: ({ users }) => `SELECT DISTINCT key AS name FROM (${users})`,
  hint: 'write the key exactly as map.user.key returns it',
  otherWay: (_rundb, pattern) => (pattern.includes('@') ? `to choose by address, write email:${pattern}` : undefined),
  choosesAll: true,
}

const addressGlob = (pattern: string) => lowerAscii(globOf(pattern))

const byAddress: SelectorRule = {
  by: 'email',
  found: ({ users }) => `SELECT chosen FROM (${users}) WHERE lower(email) GLOB ?1`,
  glob: addressGlob,
  names: ({ users }) => `SELECT DISTINCT email AS name FROM (${users}) ${NAMED_BY_ADDRESS}`,
  hint: 'write the address that map.user.email returns',
  otherWay: (rundb, pattern) => {
    const merged = rundb
      .statement(
        `SELECT a.canonical FROM drafts d JOIN aliases a ON a.kind = d.kind AND a.key = d.key
         WHERE d.kind = 'user' AND lower(d.attributes ->> '$.email') GLOB ? ORDER BY d.key, d.dedupe_group, d.id LIMIT 1`,
      )
      .get(addressGlob(pattern))
    return merged && `a record with that address merged into another user: choose user:${merged.canonical}`
  },
}

const byDomain: SelectorRule = {
  by: 'domain',
  found: byAddress.found,
  glob: (pattern) => addressGlob(`*@${pattern}`),
  names: ({ users }) =>
    `SELECT DISTINCT substr(email, instr(email, '@') + 1) AS name FROM (${users}) ${NAMED_BY_ADDRESS}`,
  hint: 'write everything after the @ of the addresses',
  otherWay: (rundb, pattern) => {
    const owner = rundb
      .statement(
        `SELECT d.key FROM desired d, json_each(d.attributes, '$.domains') domain
         WHERE d.kind = 'organization' AND lower(domain.value) GLOB ? LIMIT 1`,
      )
      .get(globOf(pattern).toLowerCase())
    return (
      owner && `no user has an address in that domain; the organization that claims it is organization:${owner.key}`
    )
  },
}

export const userScope: ScopeRules = {
  selectors: [byKey, byAddress, byDomain],
  desired: isInScope('user', 'd.key'),
  // For planning, which looks for addresses out of scope.
  index: "CREATE INDEX out_of_scope_by_address ON out_of_scope (attributes ->> '$.email', key) WHERE kind = 'user'",
  refused,
  narrowed: (rundb) =>
    void rundb.run(
      "DELETE FROM cases WHERE NOT EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = 'user' AND s.key = cases.key)",
    ),
}

function refused({ key, email }: RefusedItem, { hasUser, by }: ChosenOnes) {
  if (key === null) return 'unknown'
  if (hasUser(key)) return 'in'
  // Its address could be one of the chosen ones.
  return by.address && email === undefined ? 'unknown' : belongs(false)
}
