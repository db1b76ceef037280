import { counted, figure, someOf } from '../../../diagnostics/printable.ts'
import type { Problem } from '../../../diagnostics/problem.ts'
import type { RunDatabase } from '../../../rundb/run-database.ts'
import type { ValueContext } from '../../kind.ts'
import type { ResetCode } from './credentials.ts'

const PATH = ['map', 'user', 'passwordHash']

/**
 * Warns if the value mapped as the password hash is not a hash: everybody would lose their
 * password. Contains the column and the shapes of its values, but no part of a value.
 */
export function passwordWarnings({ rundb, loaded, columnsOf }: ValueContext): Problem[] {
  const found = shapesOf(rundb)
  if (found.length === 0) return []
  const users = found.reduce((sum, one) => sum + one.users, 0)
  const shapes = found.map((one) => (found.length === 1 ? one.shape : `${one.shape} (${figure(one.users)})`))
  const columns = columnsOf(PATH)
  const path = PATH.join('.')
  const verb = columns.length === 1 ? 'contains' : 'contain'
  const where = columns.length === 0 ? `${path} returns` : `${someOf(columns)}, which ${path} reads, ${verb}`
  return [
    {
      code: 'not_a_hash',
      severity: 'warning',
      message: `${where} no password hash for ${counted(users, 'user')}: ${someOf(shapes)}`,
      hint: 'map the column of hashes; otherwise these users are created without a password',
      at: loaded.locate(PATH),
      path,
    },
  ]
}

/**
 * The shapes of values that are not hashes, with the number of users without a password, the most
 * frequent first.
 */
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
