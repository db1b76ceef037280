/**
 * The `cognito` source. In: user pools of Amazon Cognito that capture/ reads into a snapshot. Out:
 * users with their groups; groups; identity providers (records.ts). The source `file` reads saved
 * output of `aws cognito-idp list-users`, with the same mapping.
 */

import { roleDefinitionFile, withRoleFiles } from '../csv/role-files.ts'
import { requireNone, type SourceDefinition } from '../source.ts'
import { type CognitoOptions, checkOptions, identityOf } from './options.ts'
import { openPools } from './records.ts'

const poolsSource: SourceDefinition<CognitoOptions> = {
  type: 'cognito',
  files: () => [],
  check: async (config) => checkOptions(config),
  live: {
    applies: () => true,
    identity: identityOf,
    capture: async (...reading) => (await import('./capture/capture.ts')).capture(...reading),
    tryCredentials: async (...trying) => (await import('./capture/capture.ts')).tryCredentials(...trying),
  },
  open(config, context) {
    requireNone(checkOptions(config))
    return openPools(config, context)
  },
}

/** The source with its optional file of role definitions. */
export const cognitoSource: SourceDefinition = withRoleFiles(poolsSource, [roleDefinitionFile])
