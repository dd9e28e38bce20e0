/** Runs something when a form is submitted, without leaving the page. */
export function onSubmit(form: HTMLFormElement, work: () => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    work();
  });
}
