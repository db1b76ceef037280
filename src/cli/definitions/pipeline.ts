import { command, examples, type Parent } from './options.ts'

/** The commands for jobs of a pipeline. */
export function definePipeline(program: Parent) {
  const pipeline = command(program, 'pipeline', 'Serve a pipeline: the comment with the plan, its figures as variables')
  return examples(pipeline, [
    ['workos-migrate pipeline note plan.md --label staging', 'the plan as a note on the merge request'],
    ['workos-migrate pipeline outputs plan.ndjson', 'what the next jobs ask: are there changes?'],
  ])
}

export function definePipelineNote(pipeline: Parent) {
  const note = command(pipeline, 'note <file>', 'Write Markdown as the one note of its label on the merge request')
    .option('-l, --label <name>', 'which of the notes it replaces, such as the environment', 'plan')
    .option('--plan <file>', 'the saved plan, whose digest the note names')
    .option('-q, --quiet', 'only warnings and errors on standard error')
  return examples(note, [
    ['workos-migrate pipeline note plan.md --label staging', 'in a job of a merge request, GitLab'],
  ])
}

export function definePipelineReviewed(pipeline: Parent) {
  const usage = 'reviewed <plan>'
  const reviewed = command(pipeline, usage, 'Fail where the merge request of this commit shows another plan')
    .option('-l, --label <name>', 'the label of the note that shows it', 'plan')
    .option('-q, --quiet', 'only warnings and errors on standard error')
  return examples(reviewed, [
    ['workos-migrate pipeline reviewed plan.ndjson --label staging', 'in a job of the branch, GitLab: before apply'],
  ])
}

export function definePipelineOutputs(pipeline: Parent) {
  const outputs = command(pipeline, 'outputs <plan>', 'Print the figures of a saved plan as variables, a line each')
  return examples(outputs, [
    ['workos-migrate pipeline outputs plan.ndjson > plan.env', "for GitLab's artifacts:reports:dotenv"],
  ])
}
