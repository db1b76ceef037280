import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { mariaPrograms, NO_MARIADB, provideMaria } from './mariadb.ts'
import { NO_POSTGRES, postgresPrograms, provideCluster } from './postgres.ts'

/**
 * Builds the program for tests that run it as a process, and prepares folders for PostgreSQL and
 * MariaDB.
 */
export default function setUp(): () => Promise<void> {
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.ts', import.meta.url))], { stdio: 'inherit' })
  if (postgresPrograms === undefined) process.stderr.write(`\n*** ${NO_POSTGRES} ***\n\n`)
  if (mariaPrograms === undefined) process.stderr.write(`\n*** ${NO_MARIADB} ***\n\n`)
  const ends = [provideCluster(), provideMaria()]
  return async () => {
    for (const end of ends) await end()
  }
}
