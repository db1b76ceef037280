import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import { roleDefinitionFile, withRoleFiles } from '../csv/role-files.ts'
import { checkCsvFile } from '../csv/stream.ts'
import { type SourceDefinition, textOption } from '../source.ts'
import { sourceFile } from '../text/file.ts'
import { checkCredentials, checkOptions, identityOf, isLive, texts } from './options.ts'
import { formatOf } from './records/file-users.ts'
import { open } from './records/open.ts'

/**
 * The `auth0` source. In: a tenant that capture/ reads into a snapshot, or a file of its users, and files of passwords and second factors.
 * Out: users with what belongs to them, organizations, roles, connections (records/).
 */

/** An Auth0 tenant, or a file of its users. */
const tenantSource: SourceDefinition = {
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

function filesOf(config: Record<string, unknown>): string[] {
  const users = isLive(config) ? undefined : textOption(config, 'users')
  return [...(users === undefined ? [] : [users]), ...texts(config.passwords), ...texts(config.mfa)]
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
