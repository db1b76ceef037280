import type { DesiredSet } from '../desired/desired-set.ts'
import type { KindDefinition } from '../kinds/kind.ts'
import type { DesiredResource } from '../resource.ts'
import { desiredFromRow } from '../rundb/desired.ts'
import { digestSecrets } from './digest.ts'
import type { Known } from './plan-tables.ts'
import type { PlanningContext } from './planning-context.ts'
import { sourceChanged } from './three-way.ts'

/** A desired resource that may need something. */
export interface Candidate {
  desired: DesiredResource
  /** What the state says of it; undefined: nothing. */
  known: Known | undefined
  /** Secret fields whose value in the source changed and is to be sent. */
  changedSecrets: string[]
}

/**
 * Finds what planning has to look at: what the state does not know, what the source changed since it was applied, what an earlier run was
 * told is gone and what refers to that, and what was adopted of a kind that has a rule for conflicts; on a refresh everything. All that is equal, nearly everything on a second run, never leaves SQLite.
 * @returns how many there are
 */
export function findCandidates(context: PlanningContext, definition: KindDefinition): number {
  const { rundb } = context.set
  rundb.transaction(() => {
    rundb.run(
      `INSERT INTO candidates SELECT kind, key, '[]' FROM desired d WHERE kind = ?
       AND NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = d.kind AND k.key = d.key)`,
      definition.name,
    )
    addChanged(context, definition)
    addDependents(context, definition)
  })
  return rundb.count('SELECT count(*) FROM candidates WHERE kind = ?', definition.name)
}

function addChanged({ set, state, manifest, refresh }: PlanningContext, definition: KindDefinition): void {
  const { digestKey } = state
  // Nothing in what is looked up one by one can be compared: a refresh does not look at it.
  const all = refresh && !definition.sparse
  // The difference to a definition is settled by the rule of today, whatever the rule was when it was adopted.
  const rulesConflicts = definition.onConflict !== undefined
  const rows = set.rundb.db
    .prepare(
      `SELECT d.*, k.attributes AS base, k.digests, k.ownership, k.gone FROM desired d JOIN known k ON k.kind = d.kind AND k.key = d.key
       WHERE d.kind = ? AND (? OR d.attributes <> k.attributes OR d.secrets IS NOT NULL OR k.gone IS NOT NULL OR (? AND k.ownership = 'adopted'))`,
    )
    .iterate(definition.name, all ? 1 : 0, rulesConflicts ? 1 : 0)
  for (const row of rows) {
    const desired = desiredFromRow(row)
    const digests = digestSecrets(digestKey, desired.secrets)
    const before: Record<string, string> = JSON.parse(String(row.digests))
    const changedSecrets = Object.keys(digests).filter((field) => digests[field] !== before[field])
    const lasting = changedSecrets.some((field) => definition.fields[field]?.updatable === false)
    const send = changedSecrets.length > 0 && !lasting && manifest.passwords.onChange === 'send'
    if (changedSecrets.length > 0 && !send) {
      set.rundb.run(
        'INSERT INTO notes VALUES (0, ?, ?, ?, ?)',
        desired.kind,
        desired.key,
        noteOf(definition, lasting),
        changedSecrets.join(', '),
      )
    }
    const looked = all || send || row.gone !== null || (rulesConflicts && row.ownership === 'adopted')
    if (!looked && !sourceChanged(definition, desired.attributes, JSON.parse(String(row.base)))) continue
    set.rundb.run(
      'INSERT INTO candidates VALUES (?, ?, ?)',
      desired.kind,
      desired.key,
      JSON.stringify(send ? changedSecrets : []),
    )
  }
}

/** What refers to something that was deleted in WorkOS, whether that is about to be created again, stood for by another, blocked or left so: it went with it. */
function addDependents({ set: { rundb } }: PlanningContext, { name, refs }: KindDefinition): void {
  if (rundb.statement('SELECT 1 FROM known WHERE kind = ? LIMIT 1').get(name) === undefined) return
  for (const [role, kind] of Object.entries(refs)) {
    const deleted = `SELECT a.key FROM actions a JOIN known k ON k.kind = a.kind AND k.key = a.key WHERE a.kind = ?2 AND a.type IN ('create', 'adopt', 'blocked')
       UNION SELECT key FROM drift WHERE kind = ?2 AND field = '*'`
    if (rundb.statement(deleted.replaceAll('?2', '?')).get(kind, kind) === undefined) continue
    rundb.run(
      `INSERT OR IGNORE INTO candidates SELECT d.kind, d.key, '[]' FROM desired d
       WHERE d.kind = ?1 AND d.refs ->> ('$.' || ?3) IN (${deleted})
       AND EXISTS (SELECT 1 FROM known k WHERE k.kind = d.kind AND k.key = d.key)`,
      name,
      kind,
      role,
    )
  }
}

/** The candidates of a kind, ordered by key. */
export function* candidates({ rundb }: DesiredSet, { name }: KindDefinition): Generator<Candidate> {
  const rows = rundb.db
    .prepare(
      `SELECT d.*, c.secrets AS changed, k.id, k.attributes AS base, k.digests, k.ownership, k.reduced, k.answered, k.gone FROM candidates c
       JOIN desired d ON d.kind = c.kind AND d.key = c.key
       LEFT JOIN known k ON k.kind = c.kind AND k.key = c.key WHERE c.kind = ? ORDER BY c.key`,
    )
    .iterate(name)
  for (const row of rows) {
    const known: Known | undefined =
      row.id === null
        ? undefined
        : {
            id: String(row.id),
            attributes: JSON.parse(String(row.base)),
            digests: JSON.parse(String(row.digests)),
            ownership: row.ownership === 'created' ? 'created' : 'adopted',
            ...(row.reduced !== null && { reduced: String(row.reduced) }),
            ...(row.answered !== null && { answered: JSON.parse(String(row.answered)) }),
            ...(row.gone !== null && { gone: Number(row.gone) }),
          }
    yield { desired: desiredFromRow(row), known, changedSecrets: JSON.parse(String(row.changed)) }
  }
}

/** What is told of a secret that changed in the source and is not sent; a lasting one WorkOS cannot update. */
function noteOf({ name }: KindDefinition, lasting: boolean): string {
  if (!lasting) return 'password_changed_in_source'
  return name === 'totp-factor' ? 'totp_changed_in_source' : 'secret_changed_in_source'
}
