/**
 * The `auth0` source. In: a tenant that capture/ reads into a snapshot, or a file of its users;
 * files of passwords and MFA secrets. Out: users with their passwords, MFA secrets and memberships;
 * organizations, roles, connections, invitations (records/).
 */

import { createHash } from 'node:crypto'
import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { roleDefinitionFile, withRoleFiles } from '../csv/role-files.ts'
import { checkCsvFile } from '../csv/stream.ts'
import { type ReadContext, type Source, type SourceDefinition, type SourcePart, textsOf } from '../source.ts'
import { checkRecords } from '../text/check-records.ts'
import { sourceFile } from '../text/file.ts'
import { Numbering } from '../text/numbering.ts'
import { numberedFrom, TextFile } from '../text/record-file.ts'
import {
  type Auth0Options,
  checkCredentials,
  checkOptions,
  identityOf,
  isLive,
  type ReadOptions,
  readOptions,
} from './options.ts'
import { fileUsers, formatOf, formats } from './records/from-files.ts'
import { snapshotUsers } from './records/from-snapshot.ts'
import { SideFiles } from './records/side-files.ts'
import { CONNECTIONS, INVITATIONS, ORGANIZATIONS, ROLES, USERS, type Users } from './records/users.ts'

const tenantSource: SourceDefinition<Auth0Options> = {
  type: 'auth0',
  files: filesOf,
  async check(config, directory) {
    const problems: Problem[] = [...checkOptions(config), ...checkCredentials(config)]
    for (const name of filesOf(config)) problems.push(...(await checkFile(name, config, directory)))
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

/** The source with its optional file of role definitions. */
export const auth0Source: SourceDefinition = withRoleFiles(tenantSource, [roleDefinitionFile])

function filesOf(config: Auth0Options): string[] {
  const users = isLive(config) ? undefined : config.users
  return [...(users === undefined ? [] : [users]), ...textsOf(config.passwords), ...textsOf(config.mfa)]
}

/** Problems that the beginning of a file shows. */
async function checkFile(
  name: string,
  { maxRecordBytes }: Auth0Options,
  directory: string,
): Promise<readonly Problem[]> {
  const file = sourceFile(name, directory)
  try {
    const format = await formatOf(file)
    if (format === 'csv') {
      return await checkCsvFile(file, { known: [], required: [], open: true }, { dialect: { maxRecordBytes } })
    }
    const own = { stream: USERS, role: 'main', file, format: formats[format], maxRecordBytes } as const
    return await checkRecords(file, directory, (context) => new TextFile(own, context))
  } catch (error) {
    if (error instanceof OperatorError) return error.problems
    throw error
  }
}

/** Opens the source. Reads nothing and reports no option problem before `read` is iterated. */
function open(config: Auth0Options, context: ReadContext): Source {
  let opened: { users: Users; side: SideFiles } | undefined
  const known = () => {
    if (opened === undefined) throw new Error('a source reports its counts and digest only after it has been read')
    return opened
  }
  const { numbering = new Numbering() } = context
  const begin = async () => {
    const options = readOptions(config)
    opened = { users: await usersOf(config, options, context), side: new SideFiles(options, context) }
    return opened
  }
  const source: Source = {
    streams: [USERS, ORGANIZATIONS, ROLES, CONNECTIONS, INVITATIONS],
    async *read(chunkSize) {
      const { users, side } = await begin()
      try {
        await side.load(() => users.peek())
        yield* numberedFrom(records(users, side), chunkSize, numbering)
      } finally {
        side.close()
        users.close()
      }
    },
    counts: () => [...known().users.counts(), ...known().side.counts()],
    digest() {
      const whole = createHash('sha256').update(`${USERS} ${known().users.digest()}\n`)
      for (const digest of known().side.digests()) whole.update(`side file ${digest}\n`)
      return whole.digest('hex')
    },
    partial: config.updatedSince !== undefined,
  }
  return isLive(config) ? source : { ...source, parts: (size) => parts(begin, size, numbering) }
}

async function* parts(
  begin: () => Promise<{ users: Users; side: SideFiles }>,
  size: number,
  numbering: Numbering,
): AsyncGenerator<SourcePart> {
  const { users, side } = await begin()
  try {
    await side.load(() => users.peek())
    yield* users.parts?.(size, side, numbering) ?? []
    yield {
      async *afterwards() {
        for await (const chunk of numberedFrom(others(users), size, numbering)) yield { records: chunk }
      },
    }
  } finally {
    side.close()
    users.close()
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
  yield* others(users)
}

/** The records after the users. */
async function* others(users: Users) {
  for await (const batch of users.organizations()) yield { stream: ORGANIZATIONS, ...batch }
  for await (const batch of users.roles()) yield { stream: ROLES, ...batch }
  for await (const batch of users.connections?.() ?? []) yield { stream: CONNECTIONS, ...batch }
  for await (const batch of users.invitations?.() ?? []) yield { stream: INVITATIONS, ...batch }
}
