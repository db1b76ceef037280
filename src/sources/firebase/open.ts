/**
 * The `firebase` source. In: a project of Firebase Authentication or Identity Platform that
 * capture/ reads into a snapshot. Out: its users, tenants and providers (records.ts). The source
 * `file` reads the files of `firebase auth:export`; one recipe maps both.
 */

import { requireNone, type SourceDefinition } from '../source.ts'
import { checkCredentials } from './credentials.ts'
import { checkOptions, type FirebaseOptions, identity } from './options.ts'
import { openLive } from './records.ts'

export const firebaseSource: SourceDefinition<FirebaseOptions> = {
  type: 'firebase',
  files: () => [],
  async check(config, directory) {
    const problems = checkOptions(config)
    return problems.length > 0 ? problems : [...checkCredentials(config, directory)]
  },
  live: {
    applies: () => true,
    identity,
    capture: async (...reading) => (await import('./capture/capture.ts')).capture(...reading),
    tryCredentials: async (...trying) => (await import('./capture/capture.ts')).tryCredentials(...trying),
  },
  open(config, context) {
    requireNone(checkOptions(config))
    return openLive(config, context)
  },
}
