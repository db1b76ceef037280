import { resolve } from 'node:path'
import { systemClock } from '../../clock.ts'
import { codeOf, ExitCode, FileError, UsageError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { NotRegularFile, readRegular } from '../../files/regular-file.ts'
import { isCommentKey } from '../../pipelines/comment-text.ts'
import { openGitlabNotes } from '../../pipelines/gitlab.ts'
import { dotenv, planOutputs } from '../../pipelines/plan-outputs.ts'
import { stick } from '../../pipelines/sticky-comment.ts'
import { readPlanHeader } from '../../planning/plan-file.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { definePipelineNote } from '../definitions/pipeline.ts'
import { remark } from '../listeners.ts'

type NoteOptions = OptionsOf<typeof definePipelineNote>

/** `pipeline note`: one note for each key, in place of the former one. */
export async function pipelineNote(file: string, options: NoteOptions, context: Context): Promise<ExitCode> {
  const { env, interrupted, clock = systemClock, redactor = new Redactor() } = context
  const { key } = options
  if (!isCommentKey(key)) {
    throw new UsageError({
      code: 'bad_comment_key',
      message: 'the key of a comment cannot be part of its marker',
      hint: 'take the name of the environment: letters, digits, . _ and -',
    })
  }
  const text = textOf(file, context.cwd)
  const notes = openGitlabNotes({ env, redactor, signal: interrupted })
  try {
    const origin = notes.origin === '' ? '' : ` · ${notes.origin}`
    const comment = {
      key,
      text: redactor.redact(text.trim() === '' ? noPlan(key) : text),
      footer: `<sub>workos-migrate · ${key}${origin}</sub>`,
      rest: '**The plan is longer than a note may be.** All of it is in the artifacts of the job.',
    }
    const written = await stick(notes, comment, clock, interrupted)
    remark(options, context, `The note "${key}" on ${notes.name}: ${written}.\n`)
    return ExitCode.done
  } finally {
    await notes.close()
  }
}

function noPlan(key: string): string {
  return `## Migration plan: ${key}\n\n**There is no plan.** The job that makes it failed; its log says why.`
}

function textOf(file: string, cwd: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readRegular(resolve(cwd, file)))
  } catch (error) {
    const system = codeOf(error)
    if (error instanceof NotRegularFile) throw unreadable(`it is ${error.what}`)
    if (system === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw unreadable('it is not UTF-8')
    if (system === 'ENOENT') throw unreadable('there is no such file')
    if (error instanceof Error && 'syscall' in error) throw unreadable(system ?? 'the operating system refuses')
    throw error
  }
  function unreadable(why: string): FileError {
    return new FileError({
      code: 'comment_unreadable',
      message: `${file} cannot be read: ${why}`,
      hint: 'write it with workos-migrate plan --format markdown',
    })
  }
}

/** `pipeline outputs`: what the jobs behind a plan ask of it. */
export async function pipelineOutputs(plan: string, { cwd, stdout }: Context): Promise<ExitCode> {
  stdout.write(dotenv(planOutputs(await readPlanHeader(resolve(cwd, plan)))))
  return ExitCode.done
}
