#include "lanparty/host/qr.h"

#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/linux/file.h"

#define QUIET 4 /* light modules on each side, as the standard wants */
#define SCALE 8 /* pixels of a module in a file */
#define LIGHT 255

#define BLACK_ON_WHITE "\033[30;107m"
#define NO_COLOURS     "\033[0m"

static QRcode *encode(const char *text)
{
	return QRcode_encodeData((int)strlen(text), (const unsigned char *)text, 0, QR_ECLEVEL_M);
}

static void discard(QRcode *code)
{
	lp_zero(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
}

/* x and y count from the corner of the quiet zone; beyond the other one all is light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	x -= QUIET;
	y -= QUIET;
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       (code->data[y * code->width + x] & 1);
}

bool lp_qr_print(FILE *out, const char *text)
{
	static const char *const blocks[] = {" ", "\u2580", "\u2584", "\u2588"};
	QRcode *code = encode(text);
	if (!code)
		return false;
	int width = code->width + 2 * QUIET;
	for (int y = 0; y < width; y += 2) {
		fputs(BLACK_ON_WHITE, out);
		for (int x = 0; x < width; x++)
			fputs(blocks[is_dark(code, x, y) + 2 * is_dark(code, x, y + 1)], out);
		fputs(NO_COLOURS "\n", out);
	}
	discard(code);
	return true;
}

static bool write_png(const char *file, const uint8_t *pixels, size_t width)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)width,
		.height = (png_uint_32)width,
		.format = PNG_FORMAT_GRAY};
	png_alloc_size_t len = PNG_IMAGE_PNG_SIZE_MAX(image);
	uint8_t *bytes = malloc(len);
	bool good = bytes && png_image_write_to_memory(&image, bytes, &len, 0, pixels, 0, NULL);
	errno = ENOMEM;
	good = good && lp_file_replace(file, 0600, bytes, len);
	int error = errno;
	if (bytes)
		lp_zero_free(bytes, len);
	errno = error;
	return good;
}

bool lp_qr_png(const char *file, const char *text)
{
	QRcode *code = encode(text);
	if (!code)
		return false;
	size_t width = SCALE * ((size_t)code->width + 2 * QUIET);
	uint8_t *pixels = malloc(width * width);
	for (size_t i = 0; pixels && i < width * width; i++)
		pixels[i] = is_dark(code, (int)(i % width / SCALE), (int)(i / width / SCALE))
				    ? 0
				    : LIGHT;
	discard(code);
	errno = ENOMEM;
	bool good = pixels && write_png(file, pixels, width);
	int error = errno;
	if (pixels)
		lp_zero_free(pixels, width * width);
	errno = error;
	return good;
}
