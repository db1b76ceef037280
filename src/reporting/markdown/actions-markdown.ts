import type { Mask } from '../../diagnostics/mask.ts'
import { figure, printable } from '../../diagnostics/printable.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { countedKind } from '../../kinds/registry.ts'
import { type Action, actionValues, address } from '../../planning/action.ts'
import type { Plan } from '../../planning/plan.ts'
import { until } from '../actions-text.ts'
import { counted, shortValue, tellingLabel } from '../style.ts'
import { fenced, folded } from './inline.ts'

/** The types in the order of a review: what takes away first. */
const TYPES = ['delete', 'blocked', 'update', 'adopt', 'create'] as const

const HEADINGS = {
  delete: 'Deleted',
  blocked: 'Blocked',
  update: 'Updated',
  adopt: 'Adopted',
  create: 'Created',
} as const

/** How a block of type `diff` colours them: red, green, or set apart. */
const MARKS = { delete: '-', blocked: '#', update: '!', adopt: '!', create: '+' } as const

/** So many actions of one type are shown open. */
const FEW = 25
/** How many of a kind are shown where there are more. */
const SAMPLE = 10
/** Fields of one action that are shown. */
const FIELDS = 30

/** The actions of a plan with their values: open where they are few, else a few of each kind, folded. */
export function actionSections(plan: Plan, room: number, mask?: Mask): string[] {
  return TYPES.flatMap((type) => {
    const kinds = plan.summary.kinds.filter((kind) => kind[type] > 0)
    const total = kinds.reduce((sum, kind) => sum + kind[type], 0)
    if (total === 0) return []
    const heading = `### ${HEADINGS[type]} (${figure(total)})\n\n`
    if (total <= FEW) {
      const lines = kinds.flatMap(({ kind }) =>
        plan.sample(kind, type, FEW).flatMap((action) => linesOf(plan, action, mask)),
      )
      return [`${heading}${fenced(within(lines, room), 'diff')}`]
    }
    const blocks = kinds.map((kind) => {
      const lines = plan.sample(kind.kind, type, SAMPLE).flatMap((action) => linesOf(plan, action, mask))
      const rest = kind[type] - SAMPLE
      const more = rest > 0 ? [`# … ${figure(rest)} more`] : []
      return folded(
        countedKind(kind[type], kind.kind),
        fenced([...within(lines, Math.floor(room / kinds.length)), ...more], 'diff'),
      )
    })
    return [`${heading}${blocks.join('\n')}`]
  })
}

/** As many lines as there is room for. */
function within(lines: readonly string[], room: number): string[] {
  let left = room
  const kept: string[] = []
  for (const line of lines) {
    left -= line.length + 1
    if (left < 0) return [...kept, `# … ${counted(lines.length - kept.length, 'more line')}`]
    kept.push(line)
  }
  return kept
}

/** One action: its address, and below it its values. */
function linesOf(plan: Plan, action: Action, mask: Mask | undefined): string[] {
  // What is created shows its values below, its e-mail address or name among them.
  const name = action.type === 'create' ? undefined : tellingLabel(action)
  const label = name === undefined ? '' : `  ${printable(mask?.value(name) ?? name)}`
  const head = `${MARKS[action.type]} ${printable(address(action))}${label}`
  if (action.type === 'blocked') {
    const hint = action.hint === undefined ? [] : [`#   ${printable(action.hint)}`]
    const why = mask?.about(action.message, action.key) ?? action.message
    return [head, `#   ${printable(plan.set.origin(action.kind, action.key))}: ${printable(why)}`, ...hint]
  }
  if (action.type === 'delete') {
    return [action.with === undefined ? head : `${head}  goes with its ${printable(address(action.with))}`]
  }
  const { before, after, secrets } = actionValues(plan, action)
  const hidden = Object.entries(secrets).map(([field, said]) => {
    return `+   ${printable(field)}: (secret${said === null ? '' : `, ${printable(said)}`})`
  })
  const found =
    action.type === 'adopt' ? `  is ${printable(action.id)}, by its ${action.matchedBy}${until(action)}` : ''
  const values = [...(before === null ? created(after ?? {}) : changed(before, after ?? {})), ...hidden]
  const more = values.length > FIELDS ? [`#   … ${counted(values.length - FIELDS, 'more line')}`] : []
  return [`${head}${found}`, ...values.slice(0, FIELDS), ...more]
}

function created(after: JsonObject): string[] {
  return [...flat(after)].map(([field, value]) => `+   ${printable(field)}: ${shortValue(value)}`)
}

function changed(before: JsonObject, after: JsonObject): string[] {
  const old = new Map(flat(before))
  return [...flat(after)].flatMap(([field, value]) => {
    const was = old.get(field) ?? null
    const name = printable(field)
    return [
      ...(was === null ? [] : [`-   ${name}: ${shortValue(was)}`]),
      ...(value === null ? [] : [`+   ${name}: ${shortValue(value)}`]),
    ]
  })
}

/** An object's members one by one: `metadata.plan`. */
function* flat(values: JsonObject): Generator<[string, Json]> {
  for (const [field, value] of Object.entries(values)) {
    if (!isObject(value)) yield [field, value]
    else for (const [member, inner] of Object.entries(value)) yield [`${field}.${member}`, inner ?? null]
  }
}
