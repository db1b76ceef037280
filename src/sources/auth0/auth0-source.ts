import { isSchema, type Schema, sourceSchema } from '../../config/schema.ts'
import { OperatorError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'
import { sourceFile } from '../csv/file.ts'
import { textOption } from '../csv/options.ts'
import { checkCsvFile } from '../csv/stream.ts'
import { roleDefinitionFile, withRoleFiles } from '../role-files.ts'
import type { SourceDefinition } from '../source.ts'
import { checkCredentials, checkOptions } from './options/check-options.ts'
import { isLive } from './options/option-values.ts'
import { identityOf, texts } from './options/options.ts'
import { formatOf } from './records/export-file.ts'
import { open } from './records/open.ts'

const TYPE = 'auth0'

/** An Auth0 tenant, or a file of its users. */
const tenantSource: SourceDefinition = {
  type: TYPE,
  schema: withoutType(sourceSchema(TYPE)),
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

/** The published schema is that of the whole section. */
function withoutType(schema: Schema): JsonObject {
  const { type: _type, ...properties } = isSchema(schema.properties) ? schema.properties : {}
  return { type: 'object', properties, additionalProperties: false }
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
