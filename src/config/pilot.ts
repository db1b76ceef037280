import type { Location, Problem } from '../diagnostics/problem.ts'
import { isObject } from '../json.ts'
import { nearest } from './nearest.ts'

export type SelectorKind = 'organization' | 'user' | 'email' | 'domain' | 'invitation'

/** A parsed selector, such as `email:*@acme.com`. */
export interface Selector {
  kind: SelectorKind
  /** `*` matches any text, `?` one character. */
  pattern: string
}

/** The users that a command includes. */
export interface Scope {
  /** Empty for all. */
  only: string[]
  /** Null for no limit. */
  limit: number | null
}

const KINDS: readonly SelectorKind[] = ['organization', 'user', 'email', 'domain', 'invitation']

const FORMS =
  'organization:KEY, user:KEY, email:ADDRESS, domain:NAME and invitation:ADDRESS, where * matches any text and ? one character'

export type ReadSelector = { ok: true; selector: Selector } | { ok: false; problem: Problem }

/** Parses a selector from the command line or the manifest. */
export function readSelector(text: string): ReadSelector {
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0)).trim()
  const pattern = text.slice(colon + 1).trim()
  const known = KINDS.find((name) => name === kind)
  if (colon === -1) return { ok: false, problem: withoutKind(text) }
  if (known === undefined) return { ok: false, problem: unknownKind(text, kind, pattern) }
  if (pattern === '') {
    const message = `the selector ${JSON.stringify(text)} has nothing after the colon`
    return {
      ok: false,
      problem: { code: 'empty_selector', message, hint: `add a value after the colon, or use ${known}:* for all` },
    }
  }
  return { ok: true, selector: { kind: known, pattern } }
}

function withoutKind(text: string): Problem {
  const meant = text.includes('@') ? `email:${text}` : undefined
  return {
    code: 'bad_selector',
    message: `${JSON.stringify(text)} is not a selector`,
    hint: `${meant === undefined ? '' : `did you mean ${meant}? `}use ${FORMS}; to name a manifest, put it before --only or use --config`,
  }
}

function unknownKind(text: string, kind: string, pattern: string): Problem {
  const close = nearest(kind, [...KINDS, 'org'])
  const meant = close === 'org' ? 'organization' : close
  return {
    code: 'bad_selector',
    message: `${JSON.stringify(text)} is not a selector: ${JSON.stringify(kind)} is unknown`,
    hint: `${meant === undefined ? '' : `did you mean ${meant}:${pattern}? `}use ${FORMS}`,
  }
}

/** Checks the selectors of `pilot`. */
export function checkPilot(pilot: unknown, locate: (path: string[]) => Location): Problem[] {
  const only = isObject(pilot) && Array.isArray(pilot.only) ? pilot.only : []
  return only.flatMap((text, index): Problem[] => {
    const read = typeof text === 'string' ? readSelector(text) : undefined
    if (read === undefined || read.ok) return []
    const path = ['pilot', 'only', String(index)]
    return [{ ...read.problem, path: path.join('.'), at: locate(path) }]
  })
}
