/**
 * Parses a Dockerfile and checks rules of hadolint (https://github.com/hadolint/hadolint/wiki) that
 * apply to ours. hadolint itself is not in the package registries of the tests.
 */

export interface Instruction {
  /** Upper case. */
  name: string
  /** The rest of the instruction, on one line. */
  text: string
  line: number
}

/** Comments are removed, and continued lines joined. */
export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = []
  let open: Instruction | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const content = line.trim()
    const ends = !content.endsWith('\\')
    const piece = ends ? content : content.slice(0, -1).trim()
    if (open === undefined) {
      const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(piece) ?? []
      open = { name: name.toUpperCase(), text: rest, line: index + 1 }
    } else open.text = `${open.text} ${piece}`.trim()
    if (!ends) continue
    instructions.push(open)
    open = undefined
  }
  if (open !== undefined) instructions.push(open)
  return instructions
}

/** The instructions from one FROM to the next. */
interface Stage {
  image: string
  alias: string | undefined
  instructions: Instruction[]
}

export function stagesOf(instructions: readonly Instruction[]): Stage[] {
  const stages: Stage[] = []
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') {
      const [, image = '', alias] = /^(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?$/i.exec(instruction.text) ?? []
      stages.push({ image, alias, instructions: [] })
    } else stages.at(-1)?.instructions.push(instruction)
  }
  return stages
}

interface Rule {
  /** The code of hadolint, or our own. */
  code: string
  /** The rule. */
  holds: string
  /** Instructions that break the rule. */
  broken(instructions: readonly Instruction[]): readonly Instruction[]
}

const named = (instructions: readonly Instruction[], ...names: string[]) =>
  instructions.filter(({ name }) => names.includes(name))

/** RUN instructions that match. */
const running = (pattern: RegExp) => (instructions: readonly Instruction[]) =>
  named(instructions, 'RUN').filter(({ text }) => pattern.test(text))

/** FROM instructions of images, not of earlier stages, that match. */
const from = (pattern: RegExp) => (instructions: readonly Instruction[]) => {
  const aliases = new Set(stagesOf(instructions).map(({ alias }) => alias))
  return named(instructions, 'FROM').filter(({ text }) => {
    const [image = ''] = text.replace(/^(--\S+\s+)*/, '').split(/\s/)
    return image !== 'scratch' && !aliases.has(image) && pattern.test(image)
  })
}

/** Instructions that a stage repeats, except the first or the last. */
const repeated = (name: string) => (instructions: readonly Instruction[]) =>
  stagesOf(instructions).flatMap((stage) => named(stage.instructions, name).slice(1))

const isExecForm = ({ text }: Instruction) => {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string')
  } catch {
    return false
  }
}

function endsAsRoot(instructions: readonly Instruction[]): readonly Instruction[] {
  const last = stagesOf(instructions).at(-1)?.instructions ?? []
  const user = named(last, 'USER').at(-1)
  if (user === undefined) return last.slice(0, 1)
  return /^(root|0)(:|$)/.test(user.text) ? [user] : []
}

function unknownStages(instructions: readonly Instruction[]): readonly Instruction[] {
  const known = new Set<string | undefined>()
  return instructions.filter((instruction) => {
    if (instruction.name === 'FROM') known.add(stagesOf([instruction])[0]?.alias)
    const copied = instruction.name === 'COPY' ? /--from=(\S+)/.exec(instruction.text)?.[1] : undefined
    return copied !== undefined && !known.has(copied)
  })
}

function repeatedAliases(instructions: readonly Instruction[]): readonly Instruction[] {
  const seen = new Set<string>()
  return named(instructions, 'FROM').filter((instruction) => {
    const alias = stagesOf([instruction])[0]?.alias
    if (alias === undefined) return false
    const again = seen.has(alias)
    seen.add(alias)
    return again
  })
}

/** Copies to a relative path before any WORKDIR of the stage. */
function copiesNowhere(instructions: readonly Instruction[]): readonly Instruction[] {
  return stagesOf(instructions).flatMap((stage) => {
    const work = stage.instructions.findIndex(({ name }) => name === 'WORKDIR')
    return stage.instructions.filter(
      ({ name, text }, at) =>
        name === 'COPY' && !/\s["']?\//.test(text.slice(text.lastIndexOf(' '))) && (work === -1 || at < work),
    )
  })
}

/** Consecutive RUN instructions that could be one. */
function consecutiveRuns(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.filter(({ name }, at) => name === 'RUN' && instructions[at - 1]?.name === 'RUN')
}

const copiesSeveral = ({ text }: Instruction) => text.replace(/^(--\S+\s+)*/, '').split(/\s+/).length > 2

export const RULES: readonly Rule[] = [
  {
    code: 'DL3000',
    holds: '`WORKDIR` is absolute',
    broken: (all) => named(all, 'WORKDIR').filter(({ text }) => !text.startsWith('/')),
  },
  { code: 'DL3002', holds: 'the last `USER` is not root', broken: endsAsRoot },
  { code: 'DL3003', holds: '`WORKDIR` instead of `cd`', broken: running(/(^|[;&|]\s*)cd\s/) },
  { code: 'DL3004', holds: 'no `sudo`', broken: running(/\bsudo\b/) },
  { code: 'DL3006', holds: 'every image has a tag', broken: from(/^[^:@]+$/) },
  { code: 'DL3007', holds: 'no tag is `latest`', broken: from(/:latest$/) },
  {
    code: 'DL3008',
    holds: '`apt-get install` has versions',
    broken: running(/apt-get\s+install(?:\s+-\S+)*\s+(?!-)[^\s=]+(\s|$)/),
  },
  {
    code: 'DL3009',
    holds: 'the apt lists are removed',
    broken: (all) => running(/apt-get\s+update/)(all).filter(({ text }) => !text.includes('rm -rf /var/lib/apt/lists')),
  },
  {
    code: 'DL3015',
    holds: '`apt-get install` has `--no-install-recommends`',
    broken: running(/apt-get\s+install(?!.*--no-install-recommends)/),
  },
  {
    code: 'DL3016',
    holds: '`npm install` has versions; `npm ci` has the lock file',
    broken: running(/npm\s+(?:install|i)\s/),
  },
  { code: 'DL3020', holds: '`COPY` instead of `ADD`', broken: (all) => named(all, 'ADD') },
  {
    code: 'DL3021',
    holds: 'a `COPY` of several files ends with `/`',
    broken: (all) => named(all, 'COPY').filter((one) => copiesSeveral(one) && !one.text.endsWith('/')),
  },
  { code: 'DL3022', holds: '`COPY --from` names an earlier stage', broken: unknownStages },
  { code: 'DL3024', holds: 'every stage has its own name', broken: repeatedAliases },
  {
    code: 'DL3025',
    holds: '`ENTRYPOINT` and `CMD` are in JSON form',
    broken: (all) => named(all, 'ENTRYPOINT', 'CMD').filter((one) => !isExecForm(one)),
  },
  { code: 'DL3027', holds: '`apt-get` instead of `apt`', broken: running(/\bapt\s+(install|update)/) },
  { code: 'DL3045', holds: 'no `COPY` to a relative path before a `WORKDIR`', broken: copiesNowhere },
  { code: 'DL3059', holds: 'no consecutive `RUN` instructions', broken: consecutiveRuns },
  { code: 'DL4000', holds: 'no `MAINTAINER`', broken: (all) => named(all, 'MAINTAINER') },
  { code: 'DL4003', holds: 'one `CMD` for each stage', broken: repeated('CMD') },
  { code: 'DL4004', holds: 'one `ENTRYPOINT` for each stage', broken: repeated('ENTRYPOINT') },
  { code: 'DL4006', holds: 'no pipe without `pipefail`', broken: running(/[^|]\|[^|]/) },
  { code: 'version', holds: 'the tag of an image has the whole version', broken: from(/:(?!\d+\.\d+\.\d+)/) },
  {
    code: 'secrets',
    holds: 'no `ARG`, and no `ENV` with the name of a secret',
    broken: (all) =>
      all.filter(({ name, text }) => name === 'ARG' || (name === 'ENV' && /key|token|secret|password/i.test(text))),
  },
]

/** The broken rules: `DL3000 line 3`. */
export function lint(text: string): string[] {
  const instructions = parseDockerfile(text)
  return RULES.flatMap(({ code, broken }) => broken(instructions).map(({ line }) => `${code} line ${line}`))
}
