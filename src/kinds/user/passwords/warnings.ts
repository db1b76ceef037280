import { counted, figure, someOf } from '../../../diagnostics/printable.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import type { RunDatabase } from '../../../rundb/run-database.ts'
import type { ValueContext } from '../../kind.ts'
import type { ResetCode } from './credentials.ts'

const PATH = ['map', 'user', 'passwordHash']

/**
 * A warning that what is mapped as the password hash is none: a slip that would take everybody's
 * password away. In: the notes on users. Out: the column and the shapes of what it holds, and no
 * part of a value.
 */
export function passwordWarnings({ rundb, loaded, columnsOf }: ValueContext): Problem[] {
  const found = shapesOf(rundb)
  if (found.length === 0) return []
  const users = found.reduce((sum, one) => sum + one.users, 0)
  const shapes = found.map((one) => (found.length === 1 ? one.shape : `${one.shape} (${figure(one.users)})`))
  const columns = columnsOf(PATH)
  const path = PATH.join('.')
  const where = columns.length === 0 ? `${path} yields` : `${someOf(columns)}, which ${path} reads, holds`
  return [
    {
      code: 'not_a_hash',
      severity: 'warning',
      message: `${where} no password hash for ${counted(users, 'user')}: ${someOf(shapes)}`,
      hint: 'map the column that holds hashes; as it is, these users are created without a password',
      at: loaded.locate(PATH),
      path,
    },
  ]
}

/** The shapes of what is no hash, with how many users without a password have it, most first. */
function shapesOf(rundb: RunDatabase): { shape: string; users: number }[] {
  const code: ResetCode = 'password_not_a_hash'
  return rundb
    .statement(
      `SELECT n.detail, count(DISTINCT d.key) AS users FROM notes n
       LEFT JOIN aliases a ON a.kind = n.kind AND a.key = n.key
       JOIN desired d ON d.kind = n.kind AND d.key = coalesce(a.canonical, n.key)
       WHERE n.kind = 'user' AND n.code = ? AND d.secrets IS NULL
       GROUP BY n.detail ORDER BY users DESC, n.detail`,
    )
    .all(code)
    .map(({ detail, users }) => ({ shape: String(detail), users: Number(users) }))
}
