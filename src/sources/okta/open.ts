/**
 * The `okta` source. In: an org that capture/ reads into a snapshot. Out: users with their groups,
 * identity providers, SAML apps (records.ts). The source `file` reads saved responses of an org.
 * One recipe maps both.
 */

import type { ReadContext, Source, SourceDefinition } from '../source.ts'
import { Numbering } from '../text/numbering.ts'
import { numberedFrom } from '../text/record-file.ts'
import { checkCredentials, checkOptions, identityOf, type OktaOptions, readOptions } from './options.ts'
import { OrgRecords } from './records.ts'
import { APPS, CONNECTIONS, USERS } from './streams.ts'

const orgSource: SourceDefinition<OktaOptions> = {
  type: 'okta',
  files: () => [],
  check: async (config) => [...checkOptions(config), ...checkCredentials(config)],
  live: {
    applies: () => true,
    identity: identityOf,
    capture: async (...reading) => (await import('./capture/capture.ts')).capture(...reading),
    tryCredentials: async (...trying) => (await import('./capture/capture.ts')).tryCredentials(...trying),
  },
  open,
}

export const oktaSource: SourceDefinition = orgSource

function open(config: OktaOptions, context: ReadContext): Source {
  const { snapshot, numbering = new Numbering() } = context
  const read = () => {
    if (snapshot === undefined) throw new Error('the org has not been read into a snapshot')
    return snapshot
  }
  let records: OrgRecords | undefined
  return {
    streams: [USERS, CONNECTIONS, APPS],
    async *read(chunkSize) {
      records = new OrgRecords(read(), readOptions(config), context)
      yield* numberedFrom(records.all(), chunkSize, numbering)
    },
    counts: () => records?.counts() ?? [],
    digest: () => read().digest,
    partial: config.updatedSince !== undefined,
  }
}
