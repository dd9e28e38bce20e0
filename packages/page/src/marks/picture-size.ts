/** Pixels of a picture at an address. Rejects where the browser cannot show it. */
export async function pictureSize(address: string): Promise<{ width: number; height: number }> {
  const picture = new Image();
  picture.src = address;
  await picture.decode().catch(() => {
    throw new Error('This browser cannot show a picture of this format. Choose one of another.');
  });
  return { width: picture.naturalWidth, height: picture.naturalHeight };
}
