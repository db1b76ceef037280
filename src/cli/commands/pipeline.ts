import { resolve } from 'node:path'
import { codeOf, ExitCode, FileError } from '../../diagnostics/errors.ts'
import { Redactor } from '../../diagnostics/redactor.ts'
import { NotRegularFile, readRegular } from '../../files/regular-file.ts'
import { Gitlab } from '../../gitlab/api.ts'
import { writeNote } from '../../gitlab/notes.ts'
import { noteFooter, reviewedIn } from '../../gitlab/reviewed.ts'
import { countsOf } from '../../pipelines/counts.ts'
import { readPlanHeader } from '../../planning/plan-file.ts'
import { code, prose } from '../../reporting/markdown/inline.ts'
import { remark } from '../../running/listeners.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { definePipelineNote, definePipelineReviewed } from '../definitions/pipeline.ts'

type NoteOptions = OptionsOf<typeof definePipelineNote>
type ReviewedOptions = OptionsOf<typeof definePipelineReviewed>

/** `pipeline note`: writes one note for each label, replacing the previous one. */
export async function pipelineNote(file: string, options: NoteOptions, context: Context): Promise<ExitCode> {
  const { cwd, env } = context
  const { label, plan } = options
  const text = textOf(file, cwd)
  const digest = plan === undefined ? undefined : shortDigest(await readPlanHeader(resolve(cwd, plan)))
  return withGitlab(context, async (gitlab, redact) => {
    const mergeRequest = gitlab.needed('CI_MERGE_REQUEST_IID')
    const written = await writeNote(gitlab, mergeRequest, {
      label,
      text: redact(text.trim() === '' ? noPlan(label) : text),
      footer: noteFooter(originOf(env), digest),
      rest: '**The note ends here because of its size limit.** The artifacts of the job have the full plan.',
    })
    remark(options, context, `Note "${label}" on merge request !${mergeRequest}: ${written}.\n`)
  })
}

/** `pipeline reviewed`: checks that the merge request of this commit shows the saved plan. */
export async function pipelineReviewed(file: string, options: ReviewedOptions, context: Context): Promise<ExitCode> {
  const digest = shortDigest(await readPlanHeader(resolve(context.cwd, file)))
  return withGitlab(context, async (gitlab) => {
    const mergeRequest = await reviewedIn(gitlab, options.label, digest)
    remark(options, context, `Merge request !${mergeRequest} shows this plan (${digest}).\n`)
  })
}

async function withGitlab(
  { env, clock, interrupted, redactor = new Redactor() }: Context,
  act: (gitlab: Gitlab, redact: (text: string) => string) => Promise<void>,
): Promise<ExitCode> {
  const gitlab = new Gitlab({ env, redactor, clock, signal: interrupted })
  try {
    await act(gitlab, (text) => redactor.redact(text))
    return ExitCode.done
  } finally {
    await gitlab.close()
  }
}

/** Markdown with a link to the job, and the commit. */
function originOf({ CI_JOB_URL: job, CI_COMMIT_SHORT_SHA: commit }: Context['env']): string {
  const parts = [job && URL.canParse(job) ? `[job](${job})` : '', commit && /^\w+$/.test(commit) ? code(commit) : '']
  return parts.filter((part) => part !== '').join(' · ')
}

function noPlan(label: string): string {
  return `## Migration plan: ${prose(label)}\n\n**There is no plan.** The job that makes the plan failed; see its log.`
}

/** Plans with the same digest do the same. Without the API key, it reveals nothing. */
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
      hint: 'create it with workos-migrate plan --format markdown',
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
      return 'this user cannot read it'
    default:
      return undefined
  }
}

/** `pipeline outputs`: prints the counts and the digest of a plan as variables. */
export async function pipelineOutputs(plan: string, { cwd, stdout }: Context): Promise<ExitCode> {
  const header = await readPlanHeader(resolve(cwd, plan))
  for (const [name, value] of Object.entries({ ...countsOf(header), digest: shortDigest(header) })) {
    stdout.write(`WORKOS_MIGRATE_${name.toUpperCase()}=${value}\n`)
  }
  return ExitCode.done
}
