import type { Part } from '../../inspecting/recognise.ts'
import type { Organize } from './answers.ts'
import type { Origin } from './origins.ts'

/** What the command line answered already. */
export interface Given {
  origin?: Origin
  /** Names of files by what they hold. */
  files: Partial<Record<Part, string>>
  domain?: string
  /** Read over the API; a text is the address of Clerk's. */
  live?: boolean | string
  organize?: Organize
  organizationName?: string
  target?: 'sandbox' | 'workos'
  baseUrl?: string
  environments?: string[]
  name?: string
  /** Take what is proposed where nothing is given. */
  yes?: boolean
}
