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
  merged?(staging: RunDatabase, manifest: Manifest): void
  /** Once nothing more of it is refused for what it refers to: adds what the manifest says, makes what follows from it. */
  settled?(staging: RunDatabase, manifest: Manifest): void
}

/** By the name of the draft. */
export const settlements: Readonly<Record<string, Settlement>> = {
  permission: { settled: (staging, manifest) => addDefined(staging, manifest, 'permission') },
  organization: {
    merged(staging, { organizations }) {
      uniteDomainStates(staging)
      reportNameConflicts(staging, organizations.onNameConflict)
      rejectSharedValues(staging, organizations)
    },
  },
  'role-definition': {
    settled(staging, manifest) {
      addDefined(staging, manifest, 'role-definition')
      refuseStrayDefinitions(staging)
    },
  },
  user: {
    merged(staging) {
      refuseSharedUsers(staging)
      refuseLookalikes(staging)
      recordDuplicateCases(staging)
    },
    settled: deriveTotpFactors,
  },
  membership: {
    settled(staging, { roles }) {
      joinRoles(staging, roles)
      deriveRoles(staging)
    },
  },
  connection: { merged: withdrawMissingSecrets },
  group: { merged: refuseSharedGroupNames },
  'group-membership': { merged: refuseStrangers },
}
