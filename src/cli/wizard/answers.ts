import type { Part } from '../../inspecting/recognise.ts'
import type { FoundFile } from './files-here.ts'
import type { Origin } from './origins.ts'

/** From where the organizations come. Beside `source` these are the recipes of situations. */
export const ORGANIZE = ['source', 'one', 'per-domain', 'from-metadata'] as const
export type Organize = (typeof ORGANIZE)[number]

export interface Live {
  domain?: string
  baseUrl?: string
}

/** What a migration is made of, as far as `init` asks. */
export interface Answers {
  origin: Origin
  /** The files by what they hold; `users` is the one of the users. None for a source that is asked over the network alone. */
  files: Partial<Record<Part, FoundFile>>
  /** Asked over the network: Auth0 by its domain, Clerk at its address where it is not the usual one. */
  live?: Live
  organize: Organize
  /** `one`: its name. */
  organizationName?: string
  target: 'sandbox' | 'workos'
  /** Of the target, where it is not WorkOS itself. */
  baseUrl?: string
  environments: string[]
  name: string
}

/** A variable that the manifest refers to. */
export interface Variable {
  name: string
  /** The environment that needs it; empty: every one. */
  environment: string
}

/** The variable that holds the WorkOS key of an environment; without one, of the manifest itself. */
export function keyVariable(environment?: string): string {
  const name = environment?.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
  return name === undefined ? 'WORKOS_API_KEY' : `WORKOS_${name}_API_KEY`
}
