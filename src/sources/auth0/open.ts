/**
 * The `auth0` source. In: a tenant that capture/ reads into a snapshot, or a file of its users, and files of passwords and second factors.
 * Out: users with what belongs to them, organizations, roles, connections (records/).
 */

import { createHash } from 'node:crypto'
import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { roleDefinitionFile, withRoleFiles } from '../csv/role-files.ts'
import { checkCsvFile } from '../csv/stream.ts'
import { type ReadContext, type Source, type SourceDefinition, textsOf } from '../source.ts'
import { sourceFile } from '../text/file.ts'
import { numberedFrom } from '../text/record-file.ts'
import {
  type Auth0Options,
  checkCredentials,
  checkOptions,
  identityOf,
  isLive,
  type ReadOptions,
  readOptions,
} from './options.ts'
import { fileUsers, formatOf } from './records/from-files.ts'
import { snapshotUsers } from './records/from-snapshot.ts'
import { SideFiles } from './records/side-files.ts'
import { CONNECTIONS, ORGANIZATIONS, ROLES, USERS, type Users } from './records/users.ts'

/** An Auth0 tenant, or a file of its users. */
const tenantSource: SourceDefinition<Auth0Options> = {
  type: 'auth0',
  files: filesOf,
  async check(config, directory) {
    const problems: Problem[] = [...checkOptions(config), ...checkCredentials(config)]
    for (const name of filesOf(config)) problems.push(...(await checkFile(name, directory)))
    return problems
  },
  live: {
    applies: isLive,
    identity: identityOf,
    capture: async (...reading) => (await import('./capture/capture.ts')).capture(...reading),
    tryCredentials: async (...trying) => (await import('./capture/capture.ts')).tryCredentials(...trying),
  },
  open,
}

/** The same, and a file about roles beside it. */
export const auth0Source: SourceDefinition = withRoleFiles(tenantSource, [roleDefinitionFile])

function filesOf(config: Auth0Options): string[] {
  const users = isLive(config) ? undefined : config.users
  return [...(users === undefined ? [] : [users]), ...textsOf(config.passwords), ...textsOf(config.mfa)]
}

/** Whether a file is there and begins like JSON or CSV. */
async function checkFile(name: string, directory: string): Promise<readonly Problem[]> {
  const file = sourceFile(name, directory)
  try {
    if ((await formatOf(file)) !== 'csv') return []
    return await checkCsvFile(file, { known: [], required: [], open: true })
  } catch (error) {
    if (error instanceof OperatorError) return error.problems
    throw error
  }
}

/** Opens the source; nothing is read before `read` is iterated, nor is anything that is wrong with the options said. */
function open(config: Auth0Options, context: ReadContext): Source {
  let opened: { users: Users; side: SideFiles } | undefined
  const parts = () => {
    if (opened === undefined) throw new Error('a source tells of what it read only after it has been read')
    return opened
  }
  return {
    streams: [USERS, ORGANIZATIONS, ROLES, CONNECTIONS],
    async *read(chunkSize) {
      const options = readOptions(config)
      const users = await usersOf(config, options, context)
      const side = new SideFiles(options, context)
      opened = { users, side }
      try {
        await side.load(() => users.peek())
        yield* numberedFrom(records(users, side), chunkSize, context.numbering)
      } finally {
        side.close()
        users.close()
      }
    },
    counts: () => [...parts().users.counts(), ...parts().side.counts()],
    digest() {
      const whole = createHash('sha256').update(`${USERS} ${parts().users.digest()}\n`)
      for (const digest of parts().side.digests()) whole.update(`side file ${digest}\n`)
      return whole.digest('hex')
    },
    partial: config.updatedSince !== undefined,
  }
}

async function usersOf(config: Auth0Options, options: ReadOptions, context: ReadContext): Promise<Users> {
  if (options.users !== undefined) return fileUsers(options.users, options, context)
  const { snapshot } = context
  if (!isLive(config) || snapshot === undefined) throw new Error('the tenant has not been read into a snapshot')
  return snapshotUsers(snapshot, options, context)
}

async function* records(users: Users, side: SideFiles) {
  for await (const batch of users.users()) {
    side.join(batch.map(({ data }) => data))
    yield { stream: USERS, file: users.file, records: batch }
  }
  for await (const batch of users.organizations()) yield { stream: ORGANIZATIONS, ...batch }
  for await (const batch of users.roles()) yield { stream: ROLES, ...batch }
  for await (const batch of users.connections?.() ?? []) yield { stream: CONNECTIONS, ...batch }
}
