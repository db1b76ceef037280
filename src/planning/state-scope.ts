import type { DesiredSet } from '../desired/desired-set.ts'
import { choose, selectorsOf } from '../desired/selectors.ts'
import type { Population } from '../kinds/scope.ts'
import type { StateCopy } from '../rundb/known.ts'

/** Who is in the state. */
export function inTheState(copy: StateCopy): Population {
  return {
    organizations: `SELECT key FROM ${copy} WHERE kind = 'organization'`,
    users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM ${copy} WHERE kind = 'user'`,
  }
}

/**
 * Who is in the state alone. Of whom the source still has, under the same key or as a part of another user, the source says whether they are
 * chosen, whatever address they had when they were applied. So it does of whom it has under another key: somebody out of scope who bears
 * the same address, external id or WorkOS id is about to take the account over.
 */
function leftTheSource(copy: StateCopy): Population {
  const only = (kind: string) => `NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = '${kind}' AND d.key = k.key)
    AND k.key NOT IN (SELECT key FROM out_of_scope WHERE kind = '${kind}')
    AND k.key NOT IN (SELECT key FROM rejects WHERE kind = '${kind}' AND key IS NOT NULL)
    AND k.key NOT IN (SELECT key FROM rejects_out WHERE kind = '${kind}' AND key IS NOT NULL)
    AND k.key NOT IN (${BORNE.map((field) => bornOutside(copy, kind, field)).join(' UNION ALL ')})`
  return {
    organizations: `SELECT key FROM ${copy} k WHERE kind = 'organization' AND ${only('organization')}`,
    users: `SELECT key, key AS chosen, attributes ->> '$.email' AS email FROM ${copy} k WHERE kind = 'user' AND ${only('user')}
      AND k.key NOT IN (SELECT a.key FROM aliases a WHERE a.kind = 'user'
        AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.kind = 'user' AND c.key = a.canonical))
      AND k.key NOT IN (SELECT s.key FROM ${copy} s JOIN addresses t ON t.email = s.attributes ->> '$.email'
        JOIN rejects_out r ON r.kind = 'user' AND r.key = t.key WHERE s.kind = 'user')`,
  }
}

/** What of the state `s` and of somebody out of scope `o` has to be the same for both to be one. */
const BORNE = [
  "s.attributes ->> '$.email' = o.attributes ->> '$.email'",
  "s.attributes ->> '$.externalId' = o.attributes ->> '$.externalId'",
  "s.id = o.attributes ->> '$.id'",
]

function bornOutside(copy: StateCopy, kind: string, same: string): string {
  return `SELECT s.key FROM ${copy} s JOIN out_of_scope o ON ${same} WHERE s.kind = '${kind}' AND o.kind = '${kind}'`
}

const isChosen = (kind: string, key: string) =>
  `EXISTS (SELECT 1 FROM chosen c WHERE c.kind = '${kind}' AND c.key = ${key})`
const ref = (role: string) => `(k.refs ->> '$.${role}')`

/**
 * Finds out what of the state is none of the scope's business, and puts it into `beyond`. What the source still has belongs to whom it
 * belongs there. Of what has left the source, that alone belongs to the scope of which it is certain: what the selectors choose
 * themselves, the memberships of those, and what hangs on them. A limit counts users of the source: nobody who has left it is
 * among them. What belongs to nobody, permissions and roles of the environment, is beyond every scope once it has left the source.
 */
export function findBeyond({ rundb, scope }: DesiredSet, copy: StateCopy): void {
  if (scope === undefined) return
  rundb.transaction(() => {
    const population = leftTheSource(copy)
    for (const selector of selectorsOf(scope)) choose(rundb, selector, population)
    rundb.run(
      `INSERT INTO beyond SELECT k.kind, k.key FROM ${copy} k
       WHERE NOT EXISTS (SELECT 1 FROM desired d WHERE d.kind = k.kind AND d.key = k.key)
         AND (EXISTS (SELECT 1 FROM out_of_scope o WHERE o.kind = k.kind AND o.key = k.key)
           OR EXISTS (SELECT 1 FROM rejects_out r WHERE r.kind = k.kind AND r.key = k.key)
           OR NOT coalesce(${belongs(scope.limit !== null)}, 0))`,
    )
  })
}

/** Whether `k`, which has left the source, belongs to the chosen. */
function belongs(limited: boolean): string {
  const counts = (user: string) =>
    limited ? `EXISTS (SELECT 1 FROM in_scope s WHERE s.kind = 'user' AND s.key = ${user})` : '1'
  const user = ref('user')
  const organization = isChosen('organization', ref('organization'))
  return `CASE k.kind
    WHEN 'user' THEN ${limited ? '0' : isChosen('user', 'k.key')}
    WHEN 'organization' THEN ${limited ? '0' : isChosen('organization', 'k.key')}
    WHEN 'membership' THEN ${counts(user)} AND (${organization} OR ${isChosen('user', user)})
    WHEN 'group-membership' THEN ${counts(user)} AND (${organization} OR ${isChosen('user', user)})
    WHEN 'totp-factor' THEN ${counts(user)} AND ${isChosen('user', user)}
    WHEN 'organization-role' THEN ${organization}
    WHEN 'group' THEN ${organization}
    WHEN 'connection' THEN ${organization}
    ELSE 0 END`
}
