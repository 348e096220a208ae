/** `/ws/terminals`: the list of a learner's terminals, live in every browser, and what may be done to it. */
import { type TerminalsServerMessage, terminalsClientMessage } from '../../protocol/terminals.ts'
import type { LearnerRoutes } from '../http/learner-routes.ts'

export const terminalRoutes: LearnerRoutes = (_app, deps) => {
  deps.socket({
    url: '/ws/terminals',
    messages: terminalsClientMessage,
    open({ sandbox, send, signal }) {
      const { terminals } = sandbox
      const tell = (message: TerminalsServerMessage) => send(message)
      const tellAll = () => tell({ type: 'terminals', terminals: [...terminals.list()] })
      const listening = terminals.onChange(tellAll)
      signal.addEventListener('abort', () => listening.dispose())
      tellAll()
      return {
        message(wish) {
          switch (wish.type) {
            case 'open':
              tell({ type: 'opened', id: terminals.open().id })
              return
            case 'rename':
              terminals.rename(wish.id, wish.title)
              return
            case 'close':
              if (!terminals.close(wish.id, wish.force)) tell({ type: 'busy', id: wish.id })
          }
        },
      }
    },
  })
}
