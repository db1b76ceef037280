import { createHash } from 'node:crypto'
import type { ReadContext, Source } from '../../source.ts'
import { numberedFrom } from '../../text/record-file.ts'
import { isLive, type ReadOptions, readOptions } from '../options.ts'
import { fileUsers } from './file-users.ts'
import { SideFiles } from './side-files.ts'
import { snapshotUsers } from './snapshot-users.ts'
import { CONNECTIONS, ORGANIZATIONS, ROLES, USERS, type Users } from './user-record.ts'

/** Opens the source; nothing is read before `read` is iterated, nor is anything that is wrong with the options said. */
export function open(config: Record<string, unknown>, context: ReadContext): Source {
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
        yield* numberedFrom(records(users, side), chunkSize)
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

async function usersOf(config: Record<string, unknown>, options: ReadOptions, context: ReadContext): Promise<Users> {
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
