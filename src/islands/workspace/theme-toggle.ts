/** Light or dark, kept under Starlight's own key; without a choice the system decides. */
const STORAGE_KEY = 'starlight-theme'

class ThemeToggle extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button')
    if (!button) return
    const label = () => {
      const to =
        document.documentElement.dataset['theme'] === 'light'
          ? button.dataset['toDark']
          : button.dataset['toLight']
      button.setAttribute('aria-label', to ?? '')
      button.title = to ?? ''
    }
    label()
    button.addEventListener('click', () => {
      const theme = document.documentElement.dataset['theme'] === 'light' ? 'dark' : 'light'
      document.documentElement.dataset['theme'] = theme
      localStorage.setItem(STORAGE_KEY, theme)
      label()
    })
  }
}
customElements.define('meshdojo-theme-toggle', ThemeToggle)
