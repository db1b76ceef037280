import { UsageError } from '../../diagnostics/errors.ts'
import { rankOf } from '../../inspecting/names.ts'
import type { Part } from '../../inspecting/recognise.ts'
import { type Side, sideOf } from '../../inspecting/side-files.ts'
import { numberedRoles } from '../../inspecting/side-mapping.ts'
import type { Context } from '../context.ts'
import {
  type Answers,
  type FoundFile,
  type Given,
  ORIGINS,
  type Origin,
  type SideFile,
  type UnusedFile,
} from './answers.ts'
import { describe, isUsers, unused } from './folder.ts'

/** The files that belong to the users, and those that do not. */
export interface Beside {
  origin: Origin
  files: Answers['files']
  sides: SideFile[]
  unused: UnusedFile[]
}

interface Users {
  origin: Origin
  users?: FoundFile
}

/**
 * Finds the files that belong to the users: named files, and files in the folder with matching
 * columns.
 * @param here the data files in the folder
 * @param taken whether to use files in the folder, or only named files
 * @throws UsageError for a named file that cannot be used
 */
export async function filesBeside(
  { origin, users }: Users,
  given: Given,
  { here, taken }: { here: readonly FoundFile[]; taken: boolean },
  { cwd }: Context,
): Promise<Beside> {
  const files: Answers['files'] = users === undefined ? {} : { users }
  const sides: SideFile[] = []
  for (const [name, part] of namedIn(given)) {
    if (slotOf(origin, part) !== undefined) files[part] = await describe(name, cwd)
    else sides.push(namedSide(origin, users, part, await describe(name, cwd)))
  }
  const left = here.filter((file) => ![...Object.values(files), ...sides.map((one) => one.file)].some(isSame(file)))
  if (!taken) return { origin, files, sides, unused: left.map((file) => unused(file, NOT_NAMED)) }
  const found = new Choosing(origin, files, sides)
  for (const file of left) found.consider(file, left)
  return found.result()
}

const NOT_NAMED = 'it was not named; use --yes to include it'

function namedIn(given: Given): [string, Part][] {
  return Object.entries(given.files).flatMap(([part, name]): [string, Part][] => {
    const known = PARTS.find((one) => one === part)
    return known === undefined || name === undefined ? [] : [[name, known]]
  })
}

const PARTS: readonly Part[] = [
  'memberships',
  'roles',
  'organizations',
  'accounts',
  'groups',
  'passwords',
  'factors',
  'definitions',
]

function slotOf(origin: Origin, part: Part) {
  return ORIGINS[origin].slots.find((slot) => slot.part === part)
}

function isSame({ path }: FoundFile): (other: FoundFile | undefined) => boolean {
  return (other) => other?.path === path
}

function namedSide(origin: Origin, users: FoundFile | undefined, part: Part, file: FoundFile): SideFile {
  const { title, slots, sides } = ORIGINS[origin]
  if (!sides || users === undefined) {
    throw new UsageError({
      code: 'unknown_part',
      message: `${title} does not support a file of ${part}`,
      hint: `use one of ${slots.map((known) => `--${known.part}`).join(', ')}`,
    })
  }
  const side = sideOf(users.data.head, file.data.head, file.name)
  if (!('why' in side) && side.part === part) return { file, side }
  const why = 'why' in side ? side.why : `it looks like a file of ${side.part}`
  throw new UsageError({
    code: 'unknown_part',
    message: `${file.name} cannot be used as the file of ${part}: ${why}`,
    hint: 'join the file yourself: docs/how-to/sources/file.md',
  })
}

class Choosing {
  readonly #origin: Origin
  readonly #files: Answers['files']
  readonly #sides: SideFile[]
  readonly #unused: UnusedFile[] = []

  constructor(origin: Origin, files: Answers['files'], sides: SideFile[]) {
    this.#origin = origin
    this.#files = files
    this.#sides = sides
  }

  consider(file: FoundFile, all: readonly FoundFile[]): void {
    const { recognised } = file.data
    const others = all.filter((other) => other !== file && this.#partOf(other) === this.#partOf(file))
    const part = this.#partOf(file)
    if (part !== undefined && this.#files[part] === undefined && others.length === 0) {
      this.#files[part] = file
      return
    }
    const side = this.#sideOf(file)
    if (part === undefined && side !== undefined && !('why' in side)) {
      const rivals = all.filter((other) => other !== file && isOfPart(this.#sideOf(other), side.part))
      const known = this.#sides.some((one) => one.side.part === side.part)
      if (rivals.length === 0 && !known) this.#sides.push({ file, side })
      else this.#leave(file, severalOf(side.part, [file, ...rivals]))
      return
    }
    if (part !== undefined) this.#leave(file, severalOf(part, [file, ...others]))
    else if (recognised !== undefined && isUsers(recognised.part))
      this.#leave(file, `it also contains users (${recognised.title}), but only one users file is read`)
    else if (side !== undefined && 'why' in side) this.#leave(file, side.why)
    else
      this.#leave(
        file,
        `${recognised?.title ?? 'a file with unknown content'} cannot be combined with ${ORIGINS[this.#origin].title}`,
      )
  }

  result(): Beside {
    const part = (wanted: Part) => this.#sides.find(({ side }) => side.part === wanted)
    const [roles, roleNames] = [part('roles'), part('roleNames')]
    const isNumbered = numberedRoles(this.#sides.map(({ side }) => side)) !== undefined
    if (roles?.side.columns.roleId !== undefined && roleNames === undefined) {
      this.#giveUp(roles, 'it lists roles by number, and no file has their names')
    } else if (roleNames !== undefined && !isNumbered) {
      this.#giveUp(roleNames, 'it names roles, but no file uses its numbers')
    }
    return { origin: this.#origin, files: this.#files, sides: this.#sides, unused: this.#unused }
  }

  #giveUp(side: SideFile, why: string): void {
    this.#sides.splice(this.#sides.indexOf(side), 1)
    this.#leave(side.file, why)
  }

  #leave(file: FoundFile, why: string): void {
    this.#unused.push(unused(file, why))
  }

  /** The part, if the origin itself reads this file. */
  #partOf({ name, data: { recognised } }: FoundFile): Part | undefined {
    const named = ORIGINS[this.#origin].slots.find((slot) => slot.name === name)
    if (named !== undefined) return named.part
    if (recognised === undefined || recognised.part === 'users') return undefined
    const isOwn = recognised.origin === this.#origin || recognised.part === 'definitions'
    return isOwn && slotOf(this.#origin, recognised.part) !== undefined ? recognised.part : undefined
  }

  /** The purpose of a file that can be joined to the users. */
  #sideOf({ name, data }: FoundFile): Side | { why: string } | undefined {
    const { users } = this.#files
    const { recognised } = data
    if (users === undefined || ORIGINS[this.#origin].sides !== true) return undefined
    // A file of email addresses and hashes alone has this program's columns, but does not list
    // users.
    if (recognised !== undefined && isUsers(recognised.part) && recognised.origin !== 'csv') return undefined
    return sideOf(users.data.head, data.head, name)
  }
}

function isOfPart(side: Side | { why: string } | undefined, part: Part): boolean {
  return side !== undefined && !('why' in side) && side.part === part
}

function severalOf(part: Part, files: readonly FoundFile[]): string {
  const flag = PARTS.includes(part) ? `; choose one with --${part}` : ''
  return `${files.map(({ name }) => name).join(' and ')} could all be the file of ${part}${flag}`
}

/** Whether the files assign users to organizations. */
export function tellsOrganizations({ files, sides }: Pick<Beside, 'files' | 'sides'>): boolean {
  if (sides.some(({ side: { part } }) => part === 'memberships')) return true
  const paths = files.users?.data.head.paths ?? []
  return paths.some(
    (path) => rankOf(path, 'organizationId') !== undefined || rankOf(path, 'organizationName') !== undefined,
  )
}
