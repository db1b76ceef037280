import { resolve } from 'node:path'
import { systemClock } from '../../clock.ts'
import { codeOf, ExitCode, FileError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { NotRegularFile, readRegular } from '../../files/regular-file.ts'
import { openGitlabNotes } from '../../gitlab/notes.ts'
import { writeNote } from '../../gitlab/sticky.ts'
import { countsOf } from '../../pipelines/counts.ts'
import { readPlanHeader } from '../../planning/plan-file.ts'
import { code, prose } from '../../reporting/markdown/inline.ts'
import { remark } from '../../running/listeners.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { definePipelineNote } from '../definitions/pipeline.ts'

type NoteOptions = OptionsOf<typeof definePipelineNote>

/** `pipeline note`: one note for each label, in place of the former one. */
export async function pipelineNote(file: string, options: NoteOptions, context: Context): Promise<ExitCode> {
  const { env, cwd, interrupted, clock = systemClock, redactor = new Redactor() } = context
  const { label, plan } = options
  const text = textOf(file, cwd)
  const digest = plan === undefined ? undefined : shortDigest(await readPlanHeader(resolve(cwd, plan)))
  const notes = openGitlabNotes({ env, redactor, signal: interrupted })
  try {
    const parts = ['workos-migrate', notes.origin, digest === undefined ? '' : `plan ${code(digest)}`]
    const note = {
      label,
      text: redactor.redact(text.trim() === '' ? noPlan(label) : text),
      footer: `<sub>${parts.filter((part) => part !== '').join(' · ')}</sub>`,
      rest: '**Cut here: a note holds no more.** All of it is in the artifacts of the job.',
    }
    const written = await writeNote(notes, note, clock, interrupted)
    remark(options, context, `The note "${label}" on ${notes.name}: ${written}.\n`)
    return ExitCode.done
  } finally {
    await notes.close()
  }
}

function noPlan(label: string): string {
  return `## Migration plan: ${prose(label)}\n\n**There is no plan.** The job that makes it failed; its log says why.`
}

/** Two plans with the same one do the same. Nobody without the API key can make anything of it. */
function shortDigest({ digest }: { digest: string }): string {
  return digest.slice(0, 12)
}

function textOf(file: string, cwd: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readRegular(resolve(cwd, file)))
  } catch (error) {
    const why = whyUnreadable(error)
    if (why === undefined) throw error
    throw new FileError({
      code: 'comment_unreadable',
      message: `${file} cannot be read: ${why}`,
      hint: 'write it with workos-migrate plan --format markdown',
    })
  }
}

function whyUnreadable(error: unknown): string | undefined {
  if (error instanceof NotRegularFile) return `it is ${error.what}`
  switch (codeOf(error)) {
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8'
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'this user may not read it'
    default:
      return undefined
  }
}

/** `pipeline outputs`: what the jobs behind a plan ask of it, as a file of variables. */
export async function pipelineOutputs(plan: string, { cwd, stdout }: Context): Promise<ExitCode> {
  const header = await readPlanHeader(resolve(cwd, plan))
  for (const [name, value] of Object.entries({ ...countsOf(header), digest: shortDigest(header) })) {
    stdout.write(`WORKOS_MIGRATE_${name.toUpperCase()}=${value}\n`)
  }
  return ExitCode.done
}
