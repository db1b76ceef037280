import type { FieldChange } from '../comparing/comparison.ts'
import type { Mask } from '../diagnostics/mask.ts'
import { figure, printable } from '../diagnostics/printable.ts'
import { type Action, type AdoptAction, actionValues, address, type UpdateAction } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import { type Paint, shortValue, tellingLabel } from './style.ts'
import { renderFields, renderShortFields, secretText } from './values-text.ts'

interface ActionsTextOptions {
  paint: Paint
  write: (text: string) => void
  /** What is shown of values and of persons. Default: everything. */
  mask?: Mask
}

/** How many of a kind are shown unless all are asked for. */
export const SAMPLE = 5

const SHOWN_TYPES = ['create', 'update', 'adopt', 'delete', 'blocked'] as const

const MARKS = { create: '+', update: '~', adopt: '=', delete: '-', blocked: '!' } as const
const COLORS = { create: 'green', update: 'yellow', adopt: 'cyan', delete: 'red', blocked: 'red' } as const

/** The first actions of each kind and type. */
export function renderSamples(plan: Plan, options: ActionsTextOptions): void {
  for (const kind of plan.summary.kinds) {
    for (const type of SHOWN_TYPES) {
      const count = kind[type]
      if (count === 0) continue
      options.write('\n')
      for (const action of plan.sample(kind.kind, type, SAMPLE))
        options.write(renderAction(action, plan, options, false))
      if (count > SAMPLE)
        options.write(`  … ${figure(count - SAMPLE)} more to ${type === 'blocked' ? 'block' : type}\n`)
    }
  }
  const cut = plan.summary.kinds.some((kind) => SHOWN_TYPES.some((type) => kind[type] > SAMPLE))
  if (cut) options.write(`\n${options.paint('dim', 'All of them with --full.')}\n`)
}

/** Every action, in the order they are carried out. */
export function renderAllActions(plan: Plan, options: ActionsTextOptions): void {
  options.write('\n')
  for (const action of plan.actions()) options.write(renderAction(action, plan, options, true))
}

/**
 * One action: a line, and below it the values of what is created, a line for each field that changes, or what blocks it and where it was
 * read.
 */
function renderAction(action: Action, plan: Plan, { paint, mask }: ActionsTextOptions, full: boolean): string {
  const head = `  ${paint(COLORS[action.type], MARKS[action.type])} ${printable(address(action))}`
  const name = tellingLabel(action)
  const label = name === undefined ? '' : `  ${paint('dim', printable(mask?.value(name) ?? name))}`
  switch (action.type) {
    case 'create': {
      const values = actionValues(plan, action)
      const shown = [action.key, action.label]
      return `${head}${label}\n${full ? renderFields(values, paint, mask) : renderShortFields(values, shown, paint, mask)}`
    }
    case 'update':
      return `${head}${label}\n${renderChanges(plan, action, paint)}`
    case 'adopt': {
      const known = until(action)
      const found = `  ${paint('dim', `is ${printable(action.id)}, by its ${action.matchedBy}${known}`)}`
      return `${head}${label}${found}\n${renderChanges(plan, action, paint)}`
    }
    case 'delete': {
      const holder = action.with ? `  ${paint('dim', `goes with its ${printable(address(action.with))}`)}` : ''
      return `${head}${label}${holder}\n`
    }
    case 'blocked': {
      const origin = printable(plan.set.origin(action.kind, action.key))
      return `${head}${label}\n      ${origin}: ${printable(mask?.about(action.message, action.key) ?? action.message)}\n${renderHint(action.hint, paint)}`
    }
  }
}

/** Under which address the state has what is adopted under another key. */
export function until({ kind, former }: AdoptAction): string {
  return former === undefined ? '' : `, until now ${printable(address({ kind, key: former }))}`
}

/** A line below what it helps with. */
export function renderHint(hint: string | undefined, paint: Paint): string {
  return hint === undefined ? '' : `      ${paint('dim', printable(hint))}\n`
}

function renderChanges(plan: Plan, action: UpdateAction | AdoptAction, paint: Paint): string {
  const { secrets } = actionValues(plan, action)
  return action.changes.map((change) => renderChange(change, secrets[change.field], paint)).join('')
}

function renderChange(change: FieldChange, said: string | null | undefined, paint: Paint): string {
  const name = `      ${printable(change.field)}: `
  if ('secret' in change) return `${name}${paint('dim', `${secretText(said)} changed`)}\n`
  const before = change.before === undefined ? 'nothing' : shortValue(change.before)
  const after = change.after === undefined ? 'removed' : shortValue(change.after)
  return `${name}${paint('dim', before)} → ${after}\n`
}
