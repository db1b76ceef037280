import type { Location, Problem } from '../diagnostics/problem.ts'
import { isObject } from '../json.ts'
import { nearest } from './nearest.ts'

/** What a selector chooses by. */
export type SelectorKind = 'organization' | 'user' | 'email' | 'domain' | 'invitation'

/** One selector, read: `email:*@acme.com` chooses by the address that fits the pattern. */
export interface Selector {
  kind: SelectorKind
  /** `*` stands for any text, `?` for one character. */
  pattern: string
}

/** Of whom a command speaks: of the chosen, and of so many users of them at most. */
export interface Scope {
  /** Empty: everybody. */
  only: string[]
  /** Null: all of them. */
  limit: number | null
}

const KINDS: readonly SelectorKind[] = ['organization', 'user', 'email', 'domain', 'invitation']

const FORMS =
  'organization:KEY, user:KEY, email:ADDRESS, domain:NAME and invitation:ADDRESS, where * stands for any text and ? for one character'

export type ReadSelector = { ok: true; selector: Selector } | { ok: false; problem: Problem }

/** Reads a selector as it stands on the command line or in the manifest. */
export function readSelector(text: string): ReadSelector {
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0)).trim()
  const pattern = text.slice(colon + 1).trim()
  const known = KINDS.find((name) => name === kind)
  if (colon === -1) return { ok: false, problem: withoutKind(text) }
  if (known === undefined) return { ok: false, problem: unknownKind(text, kind, pattern) }
  if (pattern === '') {
    const message = `the selector ${JSON.stringify(text)} names nothing`
    return {
      ok: false,
      problem: { code: 'empty_selector', message, hint: `write what is meant behind the colon; all: ${known}:*` },
    }
  }
  return { ok: true, selector: { kind: known, pattern } }
}

function withoutKind(text: string): Problem {
  const meant = text.includes('@') ? `email:${text}` : undefined
  return {
    code: 'bad_selector',
    message: `${JSON.stringify(text)} is no selector`,
    hint: `${meant === undefined ? '' : `did you mean ${meant}? `}selectors are ${FORMS}; a manifest is named before --only, or with --config`,
  }
}

function unknownKind(text: string, kind: string, pattern: string): Problem {
  const close = nearest(kind, [...KINDS, 'org'])
  const meant = close === 'org' ? 'organization' : close
  return {
    code: 'bad_selector',
    message: `${JSON.stringify(text)} is no selector: nothing is chosen by ${JSON.stringify(kind)}`,
    hint: `${meant === undefined ? '' : `did you mean ${meant}:${pattern}? `}selectors are ${FORMS}`,
  }
}

/** What the schema cannot say of `pilot`: each of its selectors has to be one. */
export function checkPilot(pilot: unknown, locate: (path: string[]) => Location): Problem[] {
  const only = isObject(pilot) && Array.isArray(pilot.only) ? pilot.only : []
  return only.flatMap((text, index): Problem[] => {
    const read = typeof text === 'string' ? readSelector(text) : undefined
    if (read === undefined || read.ok) return []
    const path = ['pilot', 'only', String(index)]
    return [{ ...read.problem, path: path.join('.'), at: locate(path) }]
  })
}
