import type { RunDatabase } from '../rundb/run-database.ts'

/**
 * Refuses roles whose record names one user by the key and another by the address: nobody can tell here which is meant. An address that
 * no user of the source has contradicts nothing. Runs once users are united, so that either name of one of them will do.
 */
export function refuseGrantsForTwo(rundb: RunDatabase): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM grants WHERE email IS NOT NULL)') === 0) return
  rundb.db.exec("CREATE INDEX drafts_by_address ON drafts (attributes ->> '$.email') WHERE kind = 'user'")
  const owners = rundb.statement(
    `SELECT DISTINCT d.key, coalesce(a.canonical, d.key) AS canonical FROM drafts d
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = d.key
     WHERE d.kind = 'user' AND d.attributes ->> '$.email' = ? ORDER BY d.key`,
  )
  const grants = rundb.spool(
    `SELECT g.rowid AS id, g.*, coalesce(a.canonical, g.user) AS canonical FROM grants g
     LEFT JOIN aliases a ON a.kind = 'user' AND a.key = g.user WHERE g.email IS NOT NULL ORDER BY g.seq, g.rowid`,
  )
  for (const { id, seq, user, canonical, email, role, file, line } of grants) {
    const found = owners.all(String(email))
    const [other] = found
    if (other === undefined || found.some((owner) => owner.canonical === canonical)) continue
    rundb.run(
      "INSERT INTO rejects VALUES ('roleAssignment', ?1, 'role_for_two_users', 'email', ?2, ?3, ?4, ?5, ?6, json_object('user', ?1), 1)",
      String(user),
      `the role ${role} is given to ${user}, and the address beside it, ${email}, is that of ${other.key}`,
      'correct one of the two, or leave one of them empty',
      Number(seq),
      Number(file),
      line === null ? null : Number(line),
    )
    rundb.run('DELETE FROM grants WHERE rowid = ?', Number(id))
  }
}
