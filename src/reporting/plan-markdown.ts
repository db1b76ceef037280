import { lostRoles, lostRolesCount } from '../desired/role-counts.ts'
import { unsupportedTotp, unsupportedTotpCounts } from '../desired/totp-factors.ts'
import type { Mask } from '../diagnostics/mask.ts'
import { printable } from '../diagnostics/printable.ts'
import { address } from '../planning/action.ts'
import type { Plan } from '../planning/plan.ts'
import { describeLeftOut } from './accounting-text.ts'
import { describeConnections } from './connections-text.ts'
import { describeMerges, duplicateRows } from './merges-text.ts'
import { describePasswords, passwordsHeading } from './passwords-text.ts'
import { describeNotes, describeWarning, PARTIAL } from './remarks.ts'
import { describeLost, describeUnmapped } from './roles-text.ts'
import { minute } from './snapshot-age.ts'
import { counted, duration, ofSeveral, shortValue } from './style.ts'
import { describeReasons, describeUser, sum, totpHeading } from './totp-text.ts'

/** How many actions of a kind are listed: a comment of a pull request holds 65,536 characters. */
const SAMPLE = 10

/** A plan for a pull request. */
export function renderPlanMarkdown(plan: Plan, write: (text: string) => void, mask?: Mask): void {
  const { summary, set, inputs } = plan
  const { target } = inputs
  write(`## Migration plan: ${cell(plan.name)} → ${target.type === 'sandbox' ? 'sandbox' : cell(target.baseUrl)}\n\n`)
  write('| | create | update | adopt | unchanged | blocked | delete | orphaned |\n|---|--:|--:|--:|--:|--:|--:|--:|\n')
  for (const kind of summary.kinds.filter((kind) => kind.desired + kind.delete + kind.orphaned > 0)) {
    const figures = [kind.create, kind.update, kind.adopt, kind.unchanged, kind.blocked, kind.delete, kind.orphaned]
    write(`| ${kind.plural} | ${figures.join(' | ')} |\n`)
  }
  const { writes, seconds } = summary.estimate
  write(`\n${summary.changes ? `${counted(writes, 'write')}, at least ${duration(seconds)}.` : 'Nothing to do.'}\n`)
  for (const refusal of summary.refusals) write(`\n> **Refused**: ${cell(refusal.message)}. ${cell(refusal.hint)}.\n`)
  for (const warning of summary.warnings) {
    write(`\n> **Warning**: ${cell(describeWarning(warning))}. ${cell(warning.hint ?? '')}.\n`)
  }
  for (const notice of summary.notices) write(`\n> **Worth a look**: ${cell(notice.message)}.\n`)
  const { snapshot, partial } = set.reading
  if (snapshot) write(`\nFrom a snapshot of the source, read ${minute(snapshot.startedAt)}.\n`)
  if (partial) write(`\n> ${cell(PARTIAL)}.\n`)
  write('\n### Records\n\n| | in | | | |\n|---|--:|--:|--:|--:|\n')
  for (const { stream, file, read, passed, rejected } of set.accounting.streams) {
    write(`| ${cell(stream)} (${cell(file)}) | ${read} | ${passed} passed | | ${rejected} rejected |\n`)
  }
  for (const { plural, yielded, distinct, merged, rejected } of set.accounting.kinds) {
    write(`| ${plural} | ${yielded} | ${distinct} distinct | ${merged} merged | ${rejected} rejected |\n`)
  }
  const leftOut = describeLeftOut(set.accounting.records)
  if (leftOut.length > 0) write(`\n${leftOut.map((line) => `- ${cell(line)}\n`).join('')}`)
  const duplicates = duplicateRows(plan)
  if (duplicates.length > 0) {
    write('\n### Duplicates\n\n| | users | records |\n|---|--:|--:|\n')
    for (const { what, users, records } of duplicates) write(`| ${cell(what)} | ${users} | ${records} |\n`)
  }
  const merges = describeMerges(set)
  if (merges !== '') write(`\n${merges}.\n`)
  writeRejects(plan, write)
  writeLostRoles(plan, write)
  writeActions(plan, write, mask)
  const passwords = describePasswords(summary.passwords)
  if (passwords.length > 0) {
    write(`\n### Passwords\n\n${cell(passwordsHeading(summary.passwords))}.\n\n| algorithm | |\n|---|---|\n`)
    for (const { algorithm, fate } of passwords) write(`| ${cell(algorithm)} | ${cell(fate)} |\n`)
  }
  writeUnsupportedTotp(plan, write)
  const connections = describeConnections(summary.handoff)
  if (connections !== undefined) write(`\n### Connections\n\n${cell(connections)}.\n`)
  const remarks = describeNotes(summary.notes)
  if (remarks.length > 0) {
    write('\n### Remarks\n\n')
    for (const line of remarks) write(`- ${cell(line)}\n`)
  }
}

function writeRejects({ set }: Plan, write: (text: string) => void): void {
  const total = set.rejectCount()
  if (total === 0) return
  write(`\n<details><summary>${total} rejected</summary>\n\n| where | what | why |\n|---|---|---|\n`)
  let shown = 0
  let told = 0
  for (const { origin, kind, key, message, records } of set.rejects()) {
    if (shown === SAMPLE * 2) break
    shown += 1
    told += records
    const what = `${key === null ? kind : address({ kind, key })}${ofSeveral(records)}`
    write(`| ${cell(origin)} | ${cell(what)} | ${cell(message)} |\n`)
  }
  if (total > told) write(`| … | ${total - told} more | |\n`)
  write('\n</details>\n')
  const unmapped = describeUnmapped(set)
  if (unmapped.length > 0) write(`\n${unmapped.map((line) => `- ${cell(line)}\n`).join('')}`)
}

/** Who keeps one role of several. */
function writeLostRoles({ set }: Plan, write: (text: string) => void): void {
  const total = lostRolesCount(set)
  if (total === 0) return
  write(`\n<details><summary>one role of several: ${counted(total, 'membership')}</summary>\n\n`)
  for (const lost of lostRoles(set, SAMPLE)) write(`- ${code(`membership:${lost.key}`)} ${cell(describeLost(lost))}\n`)
  if (total > SAMPLE) write(`- … ${total - SAMPLE} more\n`)
  write('\n</details>\n')
}

/** Whose authenticator app WorkOS cannot take. */
function writeUnsupportedTotp({ set }: Plan, write: (text: string) => void): void {
  const reasons = unsupportedTotpCounts(set)
  const total = sum(reasons)
  if (total === 0) return
  write(`\n<details><summary>authenticator apps left behind: ${cell(totpHeading(total))}</summary>\n\n`)
  write(`${cell(describeReasons(reasons))}\n\n`)
  for (const user of unsupportedTotp(set, SAMPLE)) write(`- ${code(`user:${user.key}`)}${cell(describeUser(user))}\n`)
  if (total > SAMPLE) write(`- … ${total - SAMPLE} more\n`)
  write('\n</details>\n')
}

function writeActions(plan: Plan, write: (text: string) => void, mask: Mask | undefined): void {
  for (const kind of plan.summary.kinds) {
    for (const type of ['create', 'update', 'adopt', 'delete', 'blocked'] as const) {
      const count = kind[type]
      if (count === 0) continue
      write(`\n<details><summary>${type}: ${counted(count, kind.kind, kind.plural)}</summary>\n\n`)
      for (const action of plan.sample(kind.kind, type, SAMPLE)) {
        const label = action.label === action.key ? '' : (mask?.value(action.label) ?? action.label)
        write(`- ${code(address(action))} ${cell(label)}\n`)
        if (action.type === 'blocked') write(`  - ${cell(action.message)}\n`)
        if (action.type !== 'update' && action.type !== 'adopt') continue
        for (const change of action.changes) {
          const values = 'secret' in change ? '(secret)' : `${shortValue(change.before)} → ${shortValue(change.after)}`
          write(`  - ${cell(change.field)}: ${cell(values)}\n`)
        }
      }
      if (count > SAMPLE) write(`- … ${count - SAMPLE} more\n`)
      write('\n</details>\n')
    }
  }
}

/** Text that is data: no character of it is markup. */
function cell(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>()#+!|~&@-]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function code(text: string): string {
  return `<code>${cell(text)}</code>`
}
