import { accept, type Check, refuse, shown } from './check.ts'
import { optionalText } from './text.ts'

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/

/** An external id: printable ASCII, no longer than the manifest allows; undefined when the source has none. */
export function normaliseExternalId(value: unknown, rules: { maxLength: number }): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined) return text
  if (!PRINTABLE_ASCII.test(text.value)) {
    return refuse(
      'external_id_not_ascii',
      `the external id ${shown(text.value)} is not plain ASCII`,
      'map another value, or leave externalId out',
    )
  }
  if (text.value.length > rules.maxLength) {
    return refuse(
      'external_id_too_long',
      `the external id ${shown(text.value)} has ${text.value.length} characters, at most ${rules.maxLength} are taken`,
      'externalId.maxLength in the manifest sets the limit (WorkOS documents 64, its API description 128)',
    )
  }
  return accept(text.value)
}
