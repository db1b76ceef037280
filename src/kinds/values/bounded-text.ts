import { type Check, refuse, shown } from './check.ts'
import { optionalText } from './text.ts'

/** What a text is of, how long WorkOS lets it be, in characters, and the code with which a longer one is refused. */
export interface TextBound {
  what: string
  limit: number
  code: string
}

/** Text, trimmed and NFC, within its bound; undefined when the source has nothing. */
export function boundedText(value: unknown, { what, limit, code }: TextBound): Check<string | undefined> {
  const text = optionalText(value)
  if (!text.ok || text.value === undefined || text.value.length <= limit) return text
  return refuse(
    code,
    `${what} ${shown(text.value)} has ${text.value.length} characters`,
    `WorkOS takes at most ${limit}: shorten it in the mapping, like $substring(…, 0, ${limit})`,
  )
}
