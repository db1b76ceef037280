import type { Manifest } from '../config/manifest.ts'
import type { RunDatabase } from '../rundb/run-database.ts'
import { withdrawMissingSecrets } from './connection-secrets.ts'
import { uniteDomainStates } from './domain-states.ts'
import { recordDuplicateCases } from './duplicate-cases.ts'
import { refuseStrangers } from './group-members.ts'
import { refuseSharedGroupNames } from './group-names.ts'
import { refuseLookalikes } from './lookalikes.ts'
import { joinRoles } from './membership-roles.ts'
import { reportNameConflicts } from './organization-names.ts'
import { addDefined, deriveRoles, refuseStrayDefinitions } from './role-resources.ts'
import { rejectSharedValues } from './shared-unique-values.ts'
import { refuseSharedUsers } from './shared-users.ts'
import { deriveTotpFactors } from './totp-factors.ts'

/** What is done with one sort of draft beside merging it. */
export interface Settlement {
  /** Once its records have merged: refuses what they cannot all be. What refers to it is refused after that. */
  merged?(rundb: RunDatabase, manifest: Manifest): void
  /** Once nothing more of it is refused for what it refers to: adds what the manifest says, makes what follows from it. */
  settled?(rundb: RunDatabase, manifest: Manifest): void
}

/** By the name of the draft. */
export const settlements: Readonly<Record<string, Settlement>> = {
  permission: { settled: (rundb, manifest) => addDefined(rundb, manifest, 'permission') },
  organization: {
    merged(rundb, { organizations }) {
      uniteDomainStates(rundb)
      reportNameConflicts(rundb, organizations.onNameConflict)
      rejectSharedValues(rundb, organizations)
    },
  },
  'role-definition': {
    settled(rundb, manifest) {
      addDefined(rundb, manifest, 'role-definition')
      refuseStrayDefinitions(rundb)
    },
  },
  user: {
    merged(rundb) {
      refuseSharedUsers(rundb)
      refuseLookalikes(rundb)
      recordDuplicateCases(rundb)
    },
    settled: deriveTotpFactors,
  },
  membership: {
    settled(rundb, { roles }) {
      joinRoles(rundb, roles)
      deriveRoles(rundb)
    },
  },
  connection: { merged: withdrawMissingSecrets },
  group: { merged: refuseSharedGroupNames },
  'group-membership': { merged: refuseStrangers },
}
