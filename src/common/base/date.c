#include "lanparty/base/date.h"

#include <stdio.h>

#define DAY            86400
#define DAYS_OF_ERA    146097                /* 400 years */
#define DAYS_TO_1970   719468                /* from 0000-03-01, where an era begins */
#define LATEST_SECONDS INT64_C(253402300799) /* 9999-12-31 */

/* A year begins in March here, so that the leap day is its last one. */
static int64_t days_before_month(int64_t month_from_march)
{
	return (153 * month_from_march + 2) / 5;
}

static int64_t days_before_year(int64_t year_of_era)
{
	return year_of_era * 365 + year_of_era / 4 - year_of_era / 100;
}

int64_t lp_date_seconds(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t day_of_year = days_before_month(month > 2 ? month - 3 : month + 9) + day - 1;
	int64_t days = era * DAYS_OF_ERA + days_before_year(y - era * 400) + day_of_year;
	return (days - DAYS_TO_1970) * DAY;
}

const char *lp_date_format(int64_t seconds, char text[LP_DATE_TEXT])
{
	if (seconds < 0)
		seconds = 0;
	if (seconds > LATEST_SECONDS)
		seconds = LATEST_SECONDS;
	int64_t days = seconds / DAY + DAYS_TO_1970;
	int64_t era = days / DAYS_OF_ERA, day = days % DAYS_OF_ERA;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= days_before_year(year);
	int64_t month = (5 * day + 2) / 153;
	day -= days_before_month(month);
	month += month < 10 ? 3 : -9;
	year += era * 400 + (month <= 2);
	snprintf(text, LP_DATE_TEXT, "%04d-%02d-%02d", (int)(year % 10000), (int)(month % 100),
		(int)(day % 100) + 1);
	return text;
}
