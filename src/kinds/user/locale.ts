import type { Normalised } from '../draft.ts'

/** How databases and browsers write a locale: `en_US`, `en-us`, `en_US.UTF-8`, `de_DE@euro`. */
const WRITTEN = /^([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*)(?:\.[\w-]+)?(?:@\w+)?$/

/** Characters of a value that a note shows. */
const SHOWN = 20

/**
 * The BCP 47 language tag of a locale as WorkOS writes it: `en-US`. An invalid locale is omitted
 * with a note; the user is kept.
 */
export function readLocale(text: string | undefined): { tag?: string; notes: Normalised['notes'] } {
  if (text === undefined) return { notes: [] }
  const tag = tagOf(text)
  if (tag !== undefined) return { tag, notes: [] }
  const detail = JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text)
  return { notes: [{ code: 'locale_unknown', detail }] }
}

function tagOf(text: string): string | undefined {
  const written = WRITTEN.exec(text)?.[1]?.replaceAll('_', '-')
  if (written === undefined) return undefined
  try {
    return Intl.getCanonicalLocales(written)[0]
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
