/** The button that opens the dialog for another device; the dialog's code is loaded when it is wanted. */
class DeviceButton extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button')
    button?.addEventListener('click', () => {
      import('./device-dialog.ts')
        .then(({ openDeviceDialog }) => openDeviceDialog(this))
        .catch((error: unknown) => console.error('The dialog for another device is missing:', error))
    })
  }
}
customElements.define('meshdojo-device-link', DeviceButton)
