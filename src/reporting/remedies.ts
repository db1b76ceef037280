import { sourceRemedies } from './remedies-source.ts'
import { targetRemedies } from './remedies-target.ts'
import type { Reapply, Remedy } from './remedy.ts'

/** Every remedy by the code that it is for: WorkOS's codes and our own. */
export const remedies: ReadonlyMap<string, Remedy> = new Map([
  ...Object.entries(targetRemedies),
  ...Object.entries(sourceRemedies),
])

/** Codes that come with a more telling one, which then counts. */
const GENERAL: ReadonlySet<string> = new Set(['user_creation_error', 'invalid_request_parameters', 'bad_request'])

/** What would help; of several codes, joined by commas, the first that is known counts, and a general one last. */
export function remedyFor(codes: string): string | undefined {
  return find(codes)?.help
}

/** The remedy for what nobody foresaw included: by the HTTP status, or as general as it must be. */
export function adviceFor(codes: string): Remedy {
  const known = find(codes)
  if (known) return known
  if (/^http_(5\d\d|408|429)$/.test(codes)) {
    return { reapply: 'yes', help: 'WorkOS was in trouble: apply again, and see status.workos.com if it lasts' }
  }
  return {
    reapply: 'after-remedy',
    help: 'the message says what is wrong: correct the record or the manifest; docs/reference/errors.md lists what is known',
  }
}

/** Whether applying again helps, as a sentence. */
export function describeReapply(reapply: Reapply): string {
  switch (reapply) {
    case 'yes':
      return 'Applying again helps.'
    case 'after-remedy':
      return 'Applying again helps once that is done.'
    case 'with-cause':
      return 'Once that is corrected, applying again takes this up by itself.'
  }
}

function find(codes: string): Remedy | undefined {
  const list = codes.split(', ')
  const telling = list.filter((code) => !GENERAL.has(code))
  return [...telling, ...list].map((code) => remedies.get(code)).find((remedy) => remedy !== undefined)
}
