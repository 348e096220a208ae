/**
 * The tools beside the text. A tool is a folder `islands/<folder>/` whose `<folder>-tool.ts` exports `mount`; its tab
 * appears when that file exists, and its code is loaded when it is first shown. Other parts reach it by `openTool`.
 */
import type { Words } from '../../language/index.ts'

/** What a tool is opened with. All of it is optional: without it the tool shows what it showed last. */
export interface ToolDetails {
  /** An edge of the graph: the workload or service a request comes from, and where it goes. */
  mesh: { source?: string; destination?: string; version?: string; note?: string }
  /** Which requests the log shows. */
  requests: {
    source?: string
    destination?: string
    version?: string
    status?: string
    path?: string
    requestId?: string
  }
  /** Where the page preview goes, from the page's own `/`. */
  page: { path?: string }
  /** A file of the learner's, relative to the home directory. With `text` a new one, which is not saved yet. */
  files: { path?: string; line?: number; text?: string }
  objects: { kind?: string; name?: string }
  /** RFC 3339. */
  timeline: { at?: string }
}
export type ToolId = keyof ToolDetails

/** A tool on the page. */
export interface MountedTool<Id extends ToolId = ToolId> {
  /** The tab was chosen; also after `mount`. */
  shown(): void
  /** Out of sight: stop drawing, keep what is known. */
  hidden(): void
  /** Called after `shown` with what `openTool` was given. */
  open?(detail: ToolDetails[Id]): void
}

export interface ToolModule {
  /** Called once, with an empty place that is in the page and has a size. */
  mount(host: HTMLElement): MountedTool
}

export interface Tool {
  id: ToolId
  /** Its name, a key of `tools` in the catalogue of words. */
  word: keyof Words['tools']
  load(): Promise<ToolModule>
}

/** In the order of the tabs. */
const KNOWN = [
  { id: 'mesh', folder: 'mesh-graph' },
  { id: 'requests', folder: 'requests' },
  { id: 'page', folder: 'preview' },
  { id: 'files', folder: 'editor' },
  { id: 'objects', folder: 'objects' },
  { id: 'timeline', folder: 'timeline' },
] as const satisfies readonly { id: ToolId; folder: string }[]

const modules = import.meta.glob<ToolModule>('../*/*-tool.ts')

/** Those that exist in this build. */
export const tools: readonly Tool[] = KNOWN.flatMap(({ id, folder }) => {
  const load = modules[`../${folder}/${folder}-tool.ts`]
  return load ? [{ id, word: id, load }] : []
})

const OPEN = 'meshdojo:open-tool'

export interface OpenTool<Id extends ToolId = ToolId> {
  id: Id
  detail: ToolDetails[Id]
}

/** Whether this build has it: links to a tool that is not there should not be drawn. */
export const hasTool = (id: ToolId): boolean => tools.some(tool => tool.id === id)

/** Shows a tool, e.g. the edge of the graph that a failing check speaks of. Terminals take commands by `runInTerminal`. */
export function openTool<Id extends ToolId>(id: Id, detail: ToolDetails[Id] = {}): void {
  document.dispatchEvent(new CustomEvent<OpenTool<Id>>(OPEN, { detail: { id, detail } }))
}

/** For the dock. Returns how to stop. */
export function onOpenTool(listener: (open: OpenTool) => void): () => void {
  const heard = (event: Event) => {
    if (event instanceof CustomEvent) listener((event as CustomEvent<OpenTool>).detail)
  }
  document.addEventListener(OPEN, heard)
  return () => document.removeEventListener(OPEN, heard)
}
