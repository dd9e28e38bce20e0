/** Does something when a form is sent, which stays on the page. */
export function onSubmit(form: HTMLFormElement, work: () => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    work();
  });
}
