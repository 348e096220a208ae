/** `/ws/chapter/<chapter>`: tells a page how the sandbox and the steps stand, and takes its wishes. */
import type { WebSocket } from 'ws'
import type { Lesson, Localized } from '../../protocol/lesson.ts'
import {
  type ChapterClientMessage,
  type ChapterServerMessage,
  chapterClientMessage,
} from '../../protocol/messages.ts'
import type { Language } from '../../protocol/steps.ts'
import type { ChapterRun } from '../checks/chapter-run.ts'
import { asPlatformError, PlatformError } from '../errors.ts'
import type { Sandbox } from '../learners/sandbox.ts'
import { type Log, reasonOf } from '../log.ts'
import { textOf, type WebSocketData } from './web-socket-data.ts'

const LARGEST_MESSAGE_BYTES = 16 * 1024

export interface ChapterSocketOptions {
  socket: WebSocket
  sandbox: Sandbox
  lesson: Lesson
  language: Language
  log: Log
  /** Throws for wishes about steps that are not open yet. */
  gate?(message: ChapterClientMessage, chapter: ChapterRun): void
}

/** Serves until the socket closes. */
export async function serveChapter(options: ChapterSocketOptions): Promise<void> {
  const { socket, sandbox, lesson, language, log } = options
  const send = (message: ChapterServerMessage) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }
  const fail = (error: unknown) => {
    const shown = asPlatformError(error)
    if (shown.code === 'internal') log.error('a wish of a page failed', { reason: reasonOf(error) })
    send({ type: 'error', ...shown.toBody() })
  }
  sandbox.language = language

  // What arrives while the progress is being read waits its turn.
  let turn: Promise<void> = Promise.resolve()
  const loading = sandbox.enter(lesson)
  socket.on('message', (data, isBinary) => {
    turn = turn.then(async () => obey(parse(data, isBinary), await loading)).catch(fail)
  })

  const tellSandbox = () => send({ type: 'sandbox', sandbox: sandbox.state.report(language) })
  const listening = sandbox.state.onChange(tellSandbox)
  socket.on('close', () => listening.dispose())
  tellSandbox()

  let run: ChapterRun
  try {
    run = await loading
  } catch (error) {
    fail(error)
    return socket.close(1011, 'progress cannot be read')
  }
  const told = new Map<string, string>()
  const tellStep = (step: string) => {
    const report = run.report(step, language)
    const text = JSON.stringify(report)
    if (told.get(step) === text) return
    told.set(step, text)
    send({ type: 'step', step: report })
  }
  const following = run.listen({
    onStep: tellStep,
    // The page comes back by itself.
    onRetired: () => socket.close(1012, 'the chapter was written anew'),
    onRestored: (step, outcome) => send({ type: 'restored', step, ...outcome }),
  })
  socket.on('close', () => following.dispose())
  const steps = run.reports(language)
  for (const step of steps) told.set(step.id, JSON.stringify(step))
  send({ type: 'steps', steps })
  for (const { step, solution, hints } of run.opened()) {
    if (solution) send({ type: 'solution', step, commands: [...solution] })
    for (const [index, hint] of hints.entries()) send(hintMessage(step, index, hint))
  }

  async function obey(message: ChapterClientMessage, chapter: ChapterRun): Promise<void> {
    sandbox.touch()
    options.gate?.(message, chapter)
    switch (message.type) {
      case 'open-step':
        return chapter.openStep(message.step)
      case 'skip-step':
        return chapter.skipStep(message.step)
      case 'show-solution':
        return send({
          type: 'solution',
          step: message.step,
          commands: [...(await chapter.showSolution(message.step))],
        })
      case 'run-solution': {
        const commands = await chapter.showSolution(message.step)
        send({ type: 'solution', step: message.step, commands: [...commands] })
        // Typing takes as long as the commands run: other wishes do not wait for it.
        sandbox.terminals.get(message.terminal).typeCommands(commands).catch(fail)
        return
      }
      case 'open-hint': {
        const { index, text } = await chapter.openHint(message.step)
        return send(hintMessage(message.step, index, text))
      }
      case 'answer-question':
        return chapter.answer(message.step, message.check, message.options)
      case 'reset-step':
        return chapter.resetStep(message.step)
      case 'jump-to-step':
        return chapter.jumpToStep(message.step)
      case 'start-over':
        return chapter.startOver()
      case 'retry-sandbox':
        return sandbox.retry()
    }
  }

  function hintMessage(step: string, index: number, text: Localized): ChapterServerMessage {
    return { type: 'hint', step, index, text: text[language] }
  }
}

function parse(data: WebSocketData, isBinary: boolean): ChapterClientMessage {
  if (isBinary) throw new PlatformError('bad_message', { detail: 'it is binary' })
  const text = textOf(data)
  if (Buffer.byteLength(text) > LARGEST_MESSAGE_BYTES)
    throw new PlatformError('message_too_big', { limit: LARGEST_MESSAGE_BYTES })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PlatformError('bad_message', { detail: 'it is not JSON' })
  }
  const parsed = chapterClientMessage.safeParse(value)
  if (!parsed.success)
    throw new PlatformError('bad_message', { detail: parsed.error.issues[0]?.message ?? 'unknown form' })
  return parsed.data
}
