/** `<File>`: opens a file of the learner's in the editor. */
import { openTool } from '../workspace/tools.ts'

class FileLink extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', () => openTool('files', { path: this.dataset['path'] ?? '' }))
  }
}
customElements.define('meshdojo-file', FileLink)
