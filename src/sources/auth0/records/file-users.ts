import { sourceFile } from '../../csv/file.ts'
import type { LineRecord } from '../../record-file.ts'
import type { ReadContext } from '../../source.ts'
import type { ReadOptions } from '../options/options.ts'
import { exportFile } from './export-file.ts'
import { addMemberships, NamedOrganizations } from './metadata-organizations.ts'
import { userFromCsv, userRecord } from './user-record.ts'
import { hasId, NO_ID, ORGANIZATIONS, type Users } from './users-reading.ts'

/**
 * Users of a file: a bulk export or a dashboard export.
 * @throws ManifestError when there is no such file, SourceError when its beginning cannot be read
 */
export async function fileUsers(name: string, options: ReadOptions, context: ReadContext): Promise<Users> {
  const format = {
    stream: 'users',
    role: 'main',
    file: sourceFile(name, context.directory),
    nulls: options.nulls,
    fromCsv: userFromCsv,
  } as const
  const file = await exportFile(format, context)
  const named = options.organizations === 'metadata' ? new NamedOrganizations() : undefined
  let organizations = 0
  return {
    file: name,
    async *peek() {
      const silent = { ...context, reject: () => {}, warn: () => {} }
      const again = await exportFile(format, silent)
      for await (const batch of again.records()) yield batch.map(asUser).filter(({ data }) => hasId(data))
    },
    async *users() {
      for await (const batch of file.records()) {
        const users = batch.map(asUser).filter(({ line, data }) => hasId(data) || file.reject(line, NO_ID))
        for (const { line, data } of users) addMemberships(data, line, options.paths, named)
        yield users
      }
    },
    async *organizations() {
      for (const record of named?.all() ?? []) {
        organizations += 1
        yield { file: name, records: [record] }
      }
    },
    async *roles() {},
    counts: () => [
      file.count(),
      { stream: ORGANIZATIONS, file: name, role: 'main', read: organizations, passed: organizations, rejected: 0 },
    ],
    digest: () => file.digest(),
    close: () => named?.close(),
  }
}

function asUser({ line, data }: LineRecord): LineRecord {
  return { line, data: userRecord(data) }
}
