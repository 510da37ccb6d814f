import type { ShownRun, Stop } from './attempts.ts'
import type { FirstCall, ToolReply } from './tool-talk.ts'
import type { Told, Workspace } from './workspace.ts'

/** What a tool of the workspace did. */
export interface FileToolReply extends ToolReply {
  /** The path that was written. */
  readonly wrote?: string
  readonly run?: ShownRun
  readonly stop?: Stop
}

/** Carries out one call in a workspace; a call that cannot be carried out says what is wrong with it. */
export async function useFileTool(workspace: Workspace, { name, arguments: args }: FirstCall): Promise<FileToolReply> {
  const text = (key: string): string | undefined => {
    const value = args[key]
    return typeof value === 'string' ? value : undefined
  }
  switch (name) {
    case 'read_file': {
      const path = text('path')
      return path === undefined ? missing('path') : said(await workspace.read(path))
    }
    case 'write_file': {
      const path = text('path')
      const content = text('content')
      if (path === undefined || content === undefined) return missing(path === undefined ? 'path' : 'content')
      const told = await workspace.write(path, content)
      return told.isError ? said(told) : { ...said(told), wrote: path }
    }
    case 'bash': {
      const command = text('command')
      return command === undefined ? missing('command') : said(await workspace.bash(command))
    }
    case 'run_tests': {
      const run = await workspace.runTests()
      return { reply: run.output, isError: false, run }
    }
    case 'submit':
      return { reply: 'Submitted.', isError: false, stop: { how: 'submitted', reason: text('comment') ?? '' } }
    case 'give_up':
      return { reply: 'Noted.', isError: false, stop: { how: 'gave-up', reason: text('reason') ?? '' } }
    default:
      return {
        reply: `There is no tool ${JSON.stringify(name)}. Tools: read_file, write_file, run_tests, submit, give_up.`,
        isError: true,
      }
  }
}

const said = ({ text, isError }: Told): FileToolReply => ({ reply: text, isError })
const missing = (key: string): FileToolReply => ({ reply: `"${key}" must be given, as text.`, isError: true })
