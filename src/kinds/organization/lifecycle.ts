import type { Manifest } from '../../config/manifest.ts'
import { type NameRules, namedWithPlaces } from '../collisions.ts'
import { BY_CONTENT, BY_PLACE, type Lifecycle, type MergePolicy } from '../lifecycle.ts'
import { uniteDomainStates } from './domain-states.ts'
import { noteSimilarNames, reportNameConflicts } from './names.ts'
import { rejectSharedValues } from './shared-values.ts'

/** What becomes of records that describe organizations. In: merged records. Out: organizations with names, domains and external ids of their own. */
export const organizationLifecycle: Lifecycle = {
  merged(rundb, { organizations }) {
    uniteDomainStates(rundb)
    reportNameConflicts(rundb, organizations.onNameConflict)
    rejectSharedValues(rundb, organizations)
  },
  assembled: noteSimilarNames,
}

/** What the manifest says of records that call an organization by different names. */
export function organizationPolicy({ organizations: { onNameConflict } }: Manifest): MergePolicy {
  const name = onNameConflict === 'error' ? 'first' : onNameConflict
  // Who asks for a name that no order of rows decides gets other fields by none either.
  const isPlaced = onNameConflict === 'first' || onNameConflict === 'last'
  return { strategy: 'merge', rules: { name }, order: [...(isPlaced ? [] : BY_CONTENT), ...BY_PLACE].join(', ') }
}

export const organizationNames: NameRules = {
  of: 'organization',
  wording: (key, names) => ({
    message: `the names ${namedWithPlaces(names)} give one key, ${key}: two organizations would be one`,
    hint: 'tell them apart in map.organization.key, and likewise in map.membership.organization; if they are one, make the names equal before $slug, with $lowercase or $replace',
  }),
}
