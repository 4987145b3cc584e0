"""Words and sentence patterns of the made-up notes. {disease}, {drug}, {test}, ... become entities."""

from __future__ import annotations

DISEASES = (
    "type 2 diabetes mellitus", "hypertension", "atrial fibrillation", "community-acquired pneumonia", "heart failure",
    "chronic kidney disease", "COPD", "asthma", "deep vein thrombosis", "pulmonary embolism", "iron deficiency anemia",
    "hypothyroidism", "acute pancreatitis", "cholecystitis", "diverticulitis", "rheumatoid arthritis", "gout",
    "osteoporosis", "migraine", "ischemic stroke", "epilepsy", "Parkinson disease", "urinary tract infection",
    "cellulitis", "sepsis", "hepatitis C", "cirrhosis", "colon cancer", "breast cancer", "prostate cancer",
    "non-small cell lung cancer", "multiple sclerosis", "Crohn disease", "ulcerative colitis", "psoriasis",
    "coronary artery disease", "aortic stenosis", "hyperlipidemia", "obstructive sleep apnea", "major depression",
    "acute kidney injury", "bacterial meningitis", "hyponatremia", "peptic ulcer disease", "celiac disease",
)  # fmt: skip
DRUGS = (
    "metformin", "lisinopril", "apixaban", "amoxicillin", "furosemide", "albuterol", "tiotropium",
    "warfarin", "heparin",
    "ferrous sulfate", "levothyroxine", "ceftriaxone", "azithromycin", "methotrexate", "allopurinol", "alendronate",
    "sumatriptan", "clopidogrel", "aspirin", "levetiracetam", "carbidopa-levodopa", "nitrofurantoin", "cephalexin",
    "vancomycin", "sofosbuvir", "spironolactone", "atorvastatin", "rosuvastatin", "amlodipine", "metoprolol",
    "insulin glargine", "semaglutide", "empagliflozin", "prednisone", "adalimumab", "sertraline", "pantoprazole",
    "omeprazole", "ondansetron", "gabapentin", "acetaminophen", "ibuprofen", "morphine", "carvedilol", "losartan",
)  # fmt: skip
TESTS = (
    "troponin", "HbA1c", "CT angiography", "chest X-ray", "complete blood count", "serum creatinine", "BNP", "ECG",
    "echocardiogram", "D-dimer", "TSH", "lipase", "abdominal ultrasound", "MRI of the brain", "EEG", "urinalysis",
    "urine culture", "blood cultures", "liver function tests", "INR", "serum potassium", "ferritin",
    "colonoscopy report",
    "mammogram", "PSA", "spirometry", "polysomnography", "lumbar puncture results", "arterial blood gas", "CRP",
    "procalcitonin", "lactate", "lipid panel", "bone density scan", "anti-CCP antibody", "serum sodium",
)  # fmt: skip
PROCEDURES = (
    "coronary angiography", "appendectomy", "laparoscopic cholecystectomy", "hemodialysis", "endoscopy", "colonoscopy",
    "cardioversion", "hip replacement", "cataract surgery", "thoracentesis", "paracentesis", "bronchoscopy",
    "pacemaker implantation", "knee arthroscopy", "blood transfusion", "skin biopsy", "mastectomy", "lobectomy",
)  # fmt: skip
SYMPTOMS = (
    "chest pain", "shortness of breath", "fever", "cough", "nausea", "vomiting", "dizziness", "headache", "fatigue",
    "abdominal pain", "palpitations", "leg swelling", "weight loss", "night sweats", "joint pain", "blurred vision",
    "weakness of the left arm", "numbness", "back pain", "dysuria", "diarrhea", "confusion", "wheezing", "rash",
)  # fmt: skip

KINDS = {"disease": ("Disease", DISEASES), "drug": ("Drug", DRUGS), "test": ("Test", TESTS),
         "procedure": ("Procedure", PROCEDURES), "symptom": ("Symptom", SYMPTOMS)}  # fmt: skip

INSIDE = {"disease": ("chronic", "acute", "recurrent", "severe", "end-stage", "untreated"),
          "symptom": ("severe", "intermittent", "left-sided", "exertional", "nocturnal"),
          "procedure": ("elective", "emergency", "bilateral", "repeat"),
          "test": ("follow-up", "bedside", "fasting", "serial"), "drug": ("oral", "intravenous",
    "low-dose")}  # fmt: skip
"""Words that belong to the entity after them."""
OUTSIDE = ("possible", "known", "new", "previous", "presumed", "some", "mild")
"""Words that stand before an entity and do not belong to it."""
BEGINNINGS = ("Va", "Do", "Cela", "Ri", "Nefa", "Tolu", "Zepro", "Lano", "Beri", "Osi", "Cabo", "Evo", "Fenu", "Kera")
MIDDLES = ("li", "xa", "so", "ne", "ti", "mo", "vu", "ra", "ze", "pi")
ENDINGS = ("mab", "pril", "statin", "sartan", "olol", "cillin", "gliptin", "prazole", "azine", "tinib", "xaban")
"""Syllables of drugs that do not exist."""

HISTORY = (
    "{age}-year-old {person} with {disease} and {disease} who presented with {days} days of {symptom}.",
    "The patient is a {age}-year-old {person} known to have {disease}, admitted for {symptom} and {symptom}.",
    "{age}-year-old {person} with a history of {disease}, status post {procedure} in {year}, now with {symptom}.",
    "This {age}-year-old {person} was referred because of {symptom} lasting {days} days.",
    "Known {disease}, treated with {drug}; over the past {days} days increasing {symptom}.",
)
DENIES = (
    "Denies {symptom}, {symptom} or {symptom}.",
    "No {symptom}. No {symptom}.",
    "There was no {symptom} and no recent travel.",
    "Reports {symptom} at night but denies {symptom}.",
)
PAST = (
    "Past history is notable for {disease}, {disease} and {disease}.",
    "Underwent {procedure} in {year} without complications.",
    "Father had {disease}; mother died of {disease} at {age}.",
    "Nonsmoker. History of {disease} in remission.",
    "Status post {procedure}. {disease} diagnosed in {year}.",
)
MEDICATION = (
    "{drug} {dose} mg {often}",
    "{drug} {dose} mg by mouth {often}",
    "{drug} {dose} mg {often} for {disease}",
    "{drug} as needed for {symptom}",
)
COURSE = (
    "{test} was {value} {unit}.",
    "{test} on admission was within normal limits, and {test} was unremarkable.",
    "{test} showed no {disease}.",
    "{test} was consistent with {disease}, and the patient was started on {drug} {dose} mg {often}.",
    "{drug} was stopped because of {symptom}; {drug} was given instead.",
    "After {procedure} the {symptom} resolved within {days} days.",
    "Repeat {test} was {value} {unit}, down from {value} {unit}.",
    "Cardiology was consulted and recommended {procedure}.",
    "The course was complicated by {disease}, treated with {drug} for {days} days.",
    "Oxygen was weaned and the patient walked on the ward on day {days}.",
    "The {symptom} improved on {drug}, and {test} remained stable.",
)
PLAN = (
    "Repeat {test} in {days} weeks.",
    "Continue {drug} {dose} mg {often}; stop {drug}.",
    "Follow up with the clinic for {disease}.",
    "Return if {symptom} or {symptom} recurs.",
    "Schedule {procedure} as an outpatient.",
    "Start {drug} {dose} mg {often}.",
    "Low-salt diet, daily weights, and {test} before the next visit.",
)
OFTEN = ("once daily", "twice daily", "three times daily", "every 8 hours", "at bedtime", "every morning", "weekly")
UNITS = ("mg/dL", "ng/mL", "mmol/L", "g/dL", "U/L", "pg/mL")
TITLES = ("Discharge summary", "Admission note", "Clinic letter", "Progress note")
