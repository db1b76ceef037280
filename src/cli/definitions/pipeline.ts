import { command, examples, type Parent } from './options.ts'

/** The commands for jobs of a pipeline. */
export function definePipeline(program: Parent) {
  const pipeline = command(program, 'pipeline', 'Post a plan on a merge request, and print its counts for CI jobs')
  return examples(pipeline, [
    ['workos-migrate pipeline note plan.md --label staging', 'post the plan on the merge request'],
    ['workos-migrate pipeline outputs plan.ndjson', 'for the next jobs: are there changes?'],
  ])
}

export function definePipelineNote(pipeline: Parent) {
  const note = command(
    pipeline,
    'note <file>',
    'Post a Markdown file as a note on the merge request, or replace that note',
  )
    .option('-l, --label <name>', 'the label of the note, such as the environment', 'plan')
    .option('--plan <file>', 'the saved plan; the note shows its digest')
    .option('-q, --quiet', 'print only warnings and errors on standard error')
  return examples(note, [
    ['workos-migrate pipeline note plan.md --label staging', 'in a GitLab job for a merge request'],
  ])
}

export function definePipelineReviewed(pipeline: Parent) {
  const usage = 'reviewed <plan>'
  const reviewed = command(pipeline, usage, 'Fail if the merge request of this commit shows a different plan')
    .option('-l, --label <name>', 'the label of the note with the plan', 'plan')
    .option('-q, --quiet', 'print only warnings and errors on standard error')
  return examples(reviewed, [
    ['workos-migrate pipeline reviewed plan.ndjson --label staging', 'in a GitLab job on the branch, before apply'],
  ])
}

export function definePipelineOutputs(pipeline: Parent) {
  const outputs = command(pipeline, 'outputs <plan>', 'Print the counts of a saved plan as variables, one on each line')
  return examples(outputs, [
    ['workos-migrate pipeline outputs plan.ndjson > plan.env', "for GitLab's artifacts:reports:dotenv"],
  ])
}
